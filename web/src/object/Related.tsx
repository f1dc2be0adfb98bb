import { ask } from "../api/ask";
import type { ObjectName, RelatedBody } from "../api/model";
import { useAnswer } from "../api/useAnswer";
import { Failure } from "../shell/Failure";
import { Link } from "../shell/Link";
import { objectPath } from "../shell/place";
import { visible } from "../text/visible";
import type { ObjectState } from "./objectState";
import { zoneParameter } from "../time/zone";

type Relation = RelatedBody["related"][number]["relation"];

const titles: Record<Relation, string> = {
  owner: "Its owner",
  owned: "What it owns",
  used: "ConfigMaps and Secrets of its pods",
  runs_as: "The service account it runs as",
  runs_on: "The node it runs on",
  scales: "What scales it",
  selects: "Services that lead to it",
  restricts: "Network policies for it",
};

/** What belongs to the object, and what it belongs to. */
export function Related({ object, state }: { object: ObjectName; state: ObjectState }) {
  const path = `${objectPath(object)}/related`;
  const { body, error } = useAnswer(path, (signal) => ask<RelatedBody>(path, {}, signal));
  if (error !== null) return <Failure error={error} />;
  if (body === null) return <p className="page quiet">Looking…</p>;
  const relations = Object.keys(titles) as Relation[];
  const present = relations.filter((relation) => body.related.some((one) => one.relation === relation));
  const search = new URLSearchParams(zoneParameter(state.zone));
  return (
    <section className="related" aria-label="Related objects">
      {present.length === 0 && <p className="quiet">No recorded state names anything that has to do with it.</p>}
      {present.map((relation) => (
        <div key={relation}>
          <h2>{titles[relation]}</h2>
          <ul>
            {body.related
              .filter((one) => one.relation === relation)
              .map(({ object: other }) => (
                <li key={objectPath(other)}>
                  <Link path={`/${objectPath(other)}`} search={search}>
                    {visible(other.name)}
                  </Link>{" "}
                  <span className="quiet">
                    {visible(other.resource)}
                    {other.namespace !== "" &&
                      other.namespace !== object.namespace &&
                      ` in ${visible(other.namespace)}`}
                  </span>
                </li>
              ))}
          </ul>
        </div>
      ))}
    </section>
  );
}
