import { writeZone, zoneName, type ZoneChoice } from "../time/zone";
import { go, useAddress } from "./address";

/** The zone of all times: the browser's, UTC, or any other that has a name. */
export function ZonePicker({ zone }: { zone: ZoneChoice }) {
  const { path, search } = useAddress();
  const own = zoneName("local");
  const others = Intl.supportedValuesOf("timeZone").filter((name) => name !== own && name !== "UTC");
  return (
    <label className="zone-picker">
      Times are in
      <select
        value={zone}
        onChange={(event) => {
          const next = new URLSearchParams(search);
          writeZone(next, event.target.value);
          go(path, next, "replace");
        }}
      >
        <option value="local">{own}, this browser’s</option>
        <option value="utc">UTC</option>
        {others.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  );
}
