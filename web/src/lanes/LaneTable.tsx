import { Fragment, useState } from "react";
import type { LaneEvent } from "../api/model";
import { Time } from "../shell/zone";
import { counted, grouped } from "../text/count";
import { visible } from "../text/visible";
import type { SceneLane } from "./scene";

interface Props {
  lanes: readonly SceneLane[];
  onOpen: (event: LaneEvent) => void;
}

const page = 50;

/** The same lanes as a table, for those who do not see the picture or have no mouse. */
export function LaneTable({ lanes, onOpen }: Props) {
  const [unfolded, setUnfolded] = useState<string | null>(null);
  const [rows, setRows] = useState(page);
  return (
    <details className="lane-table">
      <summary>The same as a table</summary>
      <div className="scroll-x">
        <table>
          <thead>
            <tr>
              <th scope="col">Lane</th>
              <th scope="col">Events</th>
              <th scope="col">By people</th>
              <th scope="col">Refused or failed</th>
            </tr>
          </thead>
          <tbody>
            {lanes.map(({ id, lane }) => (
              <Fragment key={id}>
                <tr>
                  <th scope="row">
                    <button
                      type="button"
                      className="plain"
                      aria-expanded={unfolded === id}
                      onClick={() => {
                        setUnfolded(unfolded === id ? null : id);
                        setRows(page);
                      }}
                    >
                      {visible(lane.label) || "(none)"}
                    </button>
                  </th>
                  <td>{grouped(lane.count)}</td>
                  <td>{grouped(lane.by_humans)}</td>
                  <td>{grouped(lane.problems)}</td>
                </tr>
                {unfolded === id &&
                  [...lane.events]
                    .reverse()
                    .slice(0, rows)
                    .map((event) => (
                      <tr key={event.id} className="lane-event">
                        <td colSpan={4}>
                          <Time at={event.time} />{" "}
                          <button
                            type="button"
                            className="plain"
                            onClick={() => {
                              onOpen(event);
                            }}
                          >
                            {visible(event.summary)}
                          </button>
                        </td>
                      </tr>
                    ))}
                {unfolded === id && lane.events.length > rows && (
                  <tr>
                    <td colSpan={4}>
                      <button
                        type="button"
                        onClick={() => {
                          setRows(rows + page);
                        }}
                      >
                        Show older ones: {counted(lane.events.length - rows, "event")}
                      </button>
                    </td>
                  </tr>
                )}
              </Fragment>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
