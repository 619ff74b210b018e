/** Ctrl+K: finds workflows, triggers, runners, executions and questions, and does what can be done from anywhere. */
import { Spotlight, useSpotlight } from "@mantine/spotlight";
import { useDebouncedValue } from "@mantine/hooks";
import { IconKeyboard, IconSearch } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useRef, useState } from "react";

import { useMe } from "~/api/session";
import { openShortcuts } from "~/shared/shortcuts";

import { COMMANDS } from "./commands";
import { PLACES } from "./navigation";
import { paletteStore, useFirstMarked, useTypedAhead } from "./palette";
import { useFound } from "./useFound";

const TYPING_MILLISECONDS = 150;

export function CommandPalette() {
  const [query, setQuery] = useState("");
  const [settled] = useDebouncedValue(query.trim(), TYPING_MILLISECONDS);
  const me = useMe();
  const navigate = useNavigate();
  const words = query.trim().toLowerCase();
  const { opened } = useSpotlight(paletteStore);
  const { items, forWords } = useFound(settled, opened);
  // Until the Hub has answered to these words, Enter must not open what was found for others.
  const found = items.filter((item) => forWords === query.trim() || item.label.toLowerCase().includes(words));
  const places = PLACES.filter(
    (place) =>
      (!place.permission || me.permissions.includes(place.permission)) && place.label.toLowerCase().includes(words),
  );
  const list = useRef<HTMLDivElement>(null);
  const commands = COMMANDS.filter(
    (command) => words && me.permissions.includes(command.permission) && command.label.toLowerCase().includes(words),
  );
  const shown = [
    ...found.map((item) => item.id),
    ...commands.map((command) => command.label),
    ...places.map((place) => place.to),
  ];
  const { onType, onKeyDown } = useFirstMarked(list, shown, forWords === query.trim());
  const field = useRef<HTMLInputElement>(null);
  useTypedAhead(opened, field, (letter) => {
    onType();
    setQuery((typed) => typed + letter);
  });
  return (
    <Spotlight.Root
      store={paletteStore}
      query={query}
      onQueryChange={(typed) => {
        onType();
        setQuery(typed);
      }}
      shortcut={null}
      maxHeight={420}
      scrollable
      size={560}
      clearQueryOnClose
      attributes={{ content: { "aria-label": "Find or do" } }}
      overlayProps={{ backgroundOpacity: 1, color: "var(--scrim)", blur: 0 }}
    >
      <Spotlight.Search
        ref={field}
        placeholder="Find a workflow, run, trigger or page"
        leftSection={<IconSearch size={16} stroke={1.5} />}
        aria-label="Find or do"
        onKeyDown={onKeyDown}
      />
      <Spotlight.ActionsList ref={list}>
        {found.map((item) => (
          <Spotlight.Action
            key={item.id}
            label={item.label}
            description={item.detail}
            leftSection={item.icon}
            onClick={() => void navigate({ to: item.to })}
          />
        ))}
        {commands.map((command) => (
          <Spotlight.Action
            key={command.label}
            label={command.label}
            leftSection={<command.icon size={16} stroke={1.5} />}
            onClick={() => void navigate({ to: command.to, search: command.search })}
          />
        ))}
        {places.map((place) => (
          <Spotlight.Action
            key={place.to}
            label={`Go to ${place.label}`}
            leftSection={<place.icon size={16} stroke={1.5} />}
            rightSection={<kbd>G {place.key.toUpperCase()}</kbd>}
            onClick={() => void navigate({ to: place.to })}
          />
        ))}
        {"keyboard shortcuts".includes(words) && (
          <Spotlight.Action
            label="Show keyboard shortcuts"
            leftSection={<IconKeyboard size={16} stroke={1.5} />}
            rightSection={<kbd>?</kbd>}
            onClick={openShortcuts}
          />
        )}
        {shown.length === 0 && <Spotlight.Empty>Nothing is called that.</Spotlight.Empty>}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}
