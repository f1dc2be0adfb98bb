import { Command as Box } from "cmdk";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { go, useAddress } from "../shell/address";
import { objectPath } from "../shell/place";
import { useControlK } from "../shell/shortcuts";
import { useZone } from "../shell/zone";
import { visible } from "../text/visible";
import { offeredCommands, type Command } from "./command";
import { pageCommands, presetCommands } from "./generalCommands";
import { SaveView } from "./SaveView";
import { storedViews, storeViews, type SavedView } from "./savedViews";
import { foundPrefix, score } from "./score";
import { useFoundObjects } from "./useFoundObjects";
import { zoneParameter } from "../time/zone";

type Step = "commands" | "save" | "remove";

/** Everything that can be done, by its name. */
export function Palette({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [step, setStep] = useState<Step>("commands");
  const [views, setViews] = useState(storedViews);
  useEffect(() => {
    dialog.current?.showModal();
    // The dialog would give the focus to the list around it.
    dialog.current?.querySelector("input")?.focus();
  }, []);
  const close = () => {
    dialog.current?.close();
  };
  useControlK(close);
  const keep = (kept: SavedView[]) => {
    if (!storeViews(kept)) return false;
    setViews(kept);
    return true;
  };
  return (
    <dialog
      ref={dialog}
      className="palette"
      aria-label="Commands"
      onClose={onClose}
      onClick={(event) => {
        if (event.target === dialog.current) close();
      }}
    >
      {step === "commands" && <Commands views={views} onStep={setStep} onDone={close} />}
      {step === "save" && <SaveView views={views} onKeep={keep} onDone={close} />}
      {step === "remove" && (
        <Remove
          views={views}
          onRemove={(view) => {
            const left = views.filter((other) => other !== view);
            keep(left);
            if (left.length === 0) setStep("commands");
          }}
        />
      )}
    </dialog>
  );
}

interface CommandsProps {
  views: readonly SavedView[];
  onStep: (step: Step) => void;
  onDone: () => void;
}

function Commands({ views, onStep, onDone }: CommandsProps) {
  const address = useAddress();
  const zone = useZone();
  const [typed, setTyped] = useState("");
  // What the page behind offers does not change while the palette lies over it.
  const [offered] = useState(offeredCommands);
  const { objects, looking } = useFoundObjects(typed);
  const saving: Command[] = [
    { id: "save", name: "Save this view…", words: "name bookmark address", run: () => undefined },
    ...(views.length > 0 ? [{ id: "remove", name: "Remove a saved view…", run: () => undefined }] : []),
  ];
  const done = (command: Command) => {
    // The focus goes back to where it was first, and then to where the command takes it.
    onDone();
    command.run();
  };
  return (
    <Box label="Commands" filter={score} vimBindings={false} loop>
      <Box.Input
        className="palette-input"
        placeholder="A page, an object's name, what to do…"
        value={typed}
        onValueChange={setTyped}
        autoFocus
      />
      <Box.List className="palette-list" label="Commands">
        <Box.Empty className="palette-note quiet">
          {looking ? "Looking…" : "Nothing is called so. Objects are found by their names once they were written to."}
        </Box.Empty>
        {views.length > 0 && (
          <Section title="Saved in this browser">
            {views.map((view) => (
              <Entry
                key={view.name}
                command={{
                  id: `view ${view.name}`,
                  name: visible(view.name),
                  words: "saved view",
                  run: () => {
                    const { pathname, searchParams } = new URL(view.address, location.origin);
                    go(pathname, searchParams);
                  },
                }}
                onRun={done}
              />
            ))}
          </Section>
        )}
        <Section title="Go to">
          {pageCommands(address).map((command) => (
            <Entry key={command.id} command={command} onRun={done} />
          ))}
        </Section>
        <Section title="Here">
          {offered.map((command) => (
            <Entry key={command.id} command={command} onRun={done} />
          ))}
          {saving.map((command) => (
            <Entry
              key={command.id}
              command={command}
              onRun={({ id }) => {
                onStep(id === "save" ? "save" : "remove");
              }}
            />
          ))}
        </Section>
        <Section title="Questions">
          {presetCommands(address).map((command) => (
            <Entry key={command.id} command={command} note={command.words} onRun={done} />
          ))}
        </Section>
        {/* Behind the commands that fit, of which Enter takes the first: these come later than one types. */}
        {objects.length > 0 && (
          <Section title="Objects">
            {objects.map(({ object, state }) => (
              <Entry
                key={objectPath(object)}
                command={{
                  id: `${foundPrefix}${objectPath(object)}`,
                  name: visible(object.name),
                  run: () => {
                    go(`/${objectPath(object)}`, new URLSearchParams(zoneParameter(zone)));
                  },
                }}
                note={visible(
                  `${object.resource}${object.namespace === "" ? "" : ` in ${object.namespace}`}, ${object.cluster}${state === "exists" ? "" : `, ${state}`}`,
                )}
                onRun={done}
              />
            ))}
          </Section>
        )}
      </Box.List>
    </Box>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Box.Group heading={title} className="palette-section">
      {children}
    </Box.Group>
  );
}

interface EntryProps {
  command: Command;
  note?: string | undefined;
  onRun: (command: Command) => void;
}

function Entry({ command, note, onRun }: EntryProps) {
  const { id, name, words = "", keys } = command;
  return (
    <Box.Item
      value={id}
      keywords={[name, words]}
      className="palette-entry"
      onSelect={() => {
        onRun(command);
      }}
    >
      <span className="palette-name">{name}</span>
      {note !== undefined && <span className="palette-what quiet">{note}</span>}
      {keys !== undefined && <kbd>{keys}</kbd>}
    </Box.Item>
  );
}

function Remove({ views, onRemove }: { views: readonly SavedView[]; onRemove: (view: SavedView) => void }) {
  return (
    <Box label="Remove a saved view" filter={score} vimBindings={false} loop>
      <Box.Input className="palette-input" placeholder="Which view to remove" autoFocus />
      <Box.List className="palette-list" label="Saved views">
        <Box.Empty className="palette-note quiet">No view is called so.</Box.Empty>
        <Section title="Remove">
          {views.map((view) => (
            <Entry
              key={view.name}
              command={{ id: `view ${view.name}`, name: visible(view.name), run: () => undefined }}
              note={visible(view.address)}
              onRun={() => {
                onRemove(view);
              }}
            />
          ))}
        </Section>
      </Box.List>
    </Box>
  );
}
