import { expect, test } from "vitest";
import type { StatusBody } from "../api/model";
import { bestLevels } from "./levels";

test("a resource stands at the best level that its changes came with", () => {
  const levels: StatusBody["levels"] = [
    { cluster: "prod", resource: "secrets", levels: { Metadata: 3 } },
    { cluster: "prod", resource: "pods", levels: { Metadata: 3, RequestResponse: 9 } },
    { cluster: "prod", resource: "services", levels: { RequestResponse: 1 } },
    { cluster: "dev", resource: "pods", levels: { Request: 1 } },
  ];
  expect(bestLevels(levels)).toEqual([
    { cluster: "dev", level: "Request", resources: ["pods"] },
    { cluster: "prod", level: "RequestResponse", resources: ["pods", "services"] },
    { cluster: "prod", level: "Metadata", resources: ["secrets"] },
  ]);
});
