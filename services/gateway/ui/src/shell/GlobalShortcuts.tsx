/** The keys that work everywhere, and the sheet that lists those that work here. */
import { Modal } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";

import { useMe } from "~/api/session";
import { MEANINGS, StatusBadge } from "~/shared/Status";
import { openShortcuts, spellKeys, useShortcut, useShortcutSheet, type Shortcut } from "~/shared/shortcuts";

import { PLACES, type Place } from "./navigation";
import { palette } from "./palette";
import classes from "./GlobalShortcuts.module.css";

const EVERYWHERE = { scope: "Everywhere" };

export function GlobalShortcuts() {
  const me = useMe();
  useShortcut("mod+k", "Find or do anything", () => palette.open(), EVERYWHERE);
  useShortcut("?", "Show the shortcuts", openShortcuts, EVERYWHERE);
  return (
    <>
      {PLACES.filter((place) => !place.permission || me.permissions.includes(place.permission)).map((place) => (
        <GoTo key={place.to} place={place} />
      ))}
      <Sheet />
    </>
  );
}

function GoTo({ place }: { place: Place }) {
  const navigate = useNavigate();
  useShortcut(`g ${place.key}`, `Go to ${place.label}`, () => void navigate({ to: place.to }), EVERYWHERE);
  return null;
}

function Sheet() {
  const { opened, shown } = useShortcutSheet();
  const scopes = Map.groupBy(shown, (shortcut: Shortcut) => shortcut.scope);
  return (
    <Modal
      opened={opened}
      onClose={() => useShortcutSheet.setState({ opened: false })}
      title="Keyboard shortcuts and marks"
      size={640}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <div className={classes["sheet"]}>
        {[...scopes].map(([scope, shortcuts]) => (
          <section key={scope}>
            <h3 className="dim">{scope}</h3>
            <dl>
              {shortcuts.map((shortcut) => (
                <div key={shortcut.keys} className="row">
                  <dt className="grow">{shortcut.label}</dt>
                  <dd className="row">
                    {spellKeys(shortcut.keys)
                      .split(" ")
                      .map((key, index) => (
                        <kbd key={index}>{key}</kbd>
                      ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
        <section>
          <h3 className="dim">What the marks mean</h3>
          <dl>
            {MEANINGS.map(([status, meaning]) => (
              <div key={status} className="row">
                <dt className={classes["status"]}>
                  <StatusBadge status={status} />
                </dt>
                <dd className="mut sm">{meaning}</dd>
              </div>
            ))}
          </dl>
        </section>
      </div>
    </Modal>
  );
}
