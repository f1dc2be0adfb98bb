import { useEffect, useImperativeHandle, useRef, useState, type Ref, type SyntheticEvent } from "react";
import { useZone } from "../shell/zone";
import { ZonePicker } from "../shell/ZonePicker";
import { everything, rangeTitle, relativeRanges, resolvePoint, type TimeRange } from "../time/range";
import { readTypedTime } from "../time/typedTime";
import { fullTime, zoneName, type ZoneChoice } from "../time/zone";

export interface TimePickerHandle {
  open: () => void;
}

interface Props {
  ref: Ref<TimePickerHandle>;
  range: TimeRange | null;
  onPick: (range: TimeRange | null) => void;
}

export function TimePicker({ ref, range, onPick }: Props) {
  const zone = useZone();
  const [open, setOpen] = useState(false);
  useImperativeHandle(ref, () => ({
    open: () => {
      setOpen(true);
    },
  }));
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  useEffect(() => {
    if (!open) return;
    const press = (event: PointerEvent) => {
      if (event.target instanceof Node && root.current?.contains(event.target) !== true) setOpen(false);
    };
    document.addEventListener("pointerdown", press);
    return () => {
      document.removeEventListener("pointerdown", press);
    };
  }, [open]);
  const pick = (picked: TimeRange | null) => {
    onPick(picked);
    close();
  };
  return (
    <div
      className="time-picker"
      ref={root}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !open) return;
        event.preventDefault();
        event.stopPropagation();
        close();
      }}
    >
      <button
        type="button"
        ref={button}
        title="d"
        aria-expanded={open}
        aria-haspopup="dialog"
        onClick={() => {
          setOpen(!open);
        }}
      >
        <span aria-hidden="true">◷ </span>
        {range === null ? "Time" : rangeTitle(range, zone)} <span className="quiet">{zoneName(zone)}</span>
      </button>
      {open && (
        <div className="popover" role="dialog" aria-label="Time">
          <div className="time-choices">
            <button
              type="button"
              onClick={() => {
                pick(null);
              }}
            >
              Newest hour with changes
            </button>
            {relativeRanges.map((choice) => (
              <button
                key={choice.name}
                type="button"
                onClick={() => {
                  pick({ from: choice.from, to: choice.to });
                }}
              >
                {choice.name}
              </button>
            ))}
            <button
              type="button"
              onClick={() => {
                pick(everything);
              }}
            >
              All there is
            </button>
          </div>
          <AbsoluteTimes key={zone} range={range} zone={zone} onPick={pick} />
        </div>
      )}
    </div>
  );
}

function AbsoluteTimes({
  range,
  zone,
  onPick,
}: {
  range: TimeRange | null;
  zone: ZoneChoice;
  onPick: (range: TimeRange) => void;
}) {
  const [from, setFrom] = useState(() => written(range?.from ?? "", zone));
  const [to, setTo] = useState(() => written(range?.to ?? "", zone));
  const [problem, setProblem] = useState("");
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    const now = new Date();
    const start = from.trim() === "" ? everything.from : readTypedTime(from, zone, now);
    const end = to.trim() === "" ? "" : readTypedTime(to, zone, now);
    if (start === null || end === null) {
      setProblem("Write it like 2026-11-23 16:11, 14:05, yesterday 14:05 or now-90m.");
      return;
    }
    const [begins, ends] = [resolvePoint(start, now), resolvePoint(end, now)];
    if (begins !== null && ends !== null && begins >= ends) {
      setProblem("It ends before it begins.");
      return;
    }
    onPick({ from: start, to: end });
  };
  return (
    <form onSubmit={submit}>
      <label>
        From
        <input
          value={from}
          autoFocus
          placeholder="2026-11-23 16:11"
          onChange={(event) => {
            setFrom(event.target.value);
          }}
        />
      </label>
      <label>
        To
        <input
          value={to}
          placeholder="now"
          onChange={(event) => {
            setTo(event.target.value);
          }}
        />
      </label>
      {problem !== "" && (
        <p role="alert" className="warning">
          {problem}
        </p>
      )}
      <button type="submit" className="primary">
        Show
      </button>
      <ZonePicker zone={zone} />
    </form>
  );
}

function written(point: string, zone: ZoneChoice): string {
  if (point === everything.from) return "";
  const time = Date.parse(point);
  return Number.isNaN(time)
    ? point
    : fullTime(new Date(time).toISOString(), zone)
        .replace(/\.000$/, "")
        .replace(/:00$/, "");
}
