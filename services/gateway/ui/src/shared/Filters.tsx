/** The bar above a list: a search field and filter chips, all kept in the address by the page. */
import { Button, CloseButton, Menu, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconChevronDown, IconPlus, IconSearch } from "@tabler/icons-react";
import { useRef, useState, type ReactNode } from "react";

import classes from "./Filters.module.css";
import { useShortcut } from "./shortcuts";

const TYPING_MILLISECONDS = 250;

interface SearchFieldProps {
  value: string;
  onChange: (value: string) => void;
  placeholder: string;
}

/** Asks for its words a moment after the last key. F focuses it. */
export function SearchField({ value, onChange, placeholder }: SearchFieldProps) {
  const [typed, setTyped] = useState(value);
  const [given, setGiven] = useState(value);
  const input = useRef<HTMLInputElement>(null);
  const tell = useDebouncedCallback(onChange, TYPING_MILLISECONDS);
  useShortcut("f", "Filter", () => input.current?.focus(), { scope: "Lists" });
  // The address was changed by something else (Back, a saved view): show what it says.
  if (given !== value) {
    setGiven(value);
    setTyped(value);
  }
  return (
    <TextInput
      ref={input}
      className={classes["search"] ?? ""}
      value={typed}
      placeholder={placeholder}
      aria-label={placeholder}
      leftSection={<IconSearch size={16} stroke={1.5} aria-hidden="true" />}
      rightSection={
        typed ? (
          <CloseButton size="xs" aria-label="Clear" onClick={() => (setTyped(""), onChange(""))} />
        ) : (
          <kbd className="desktop-only">F</kbd>
        )
      }
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        tell(event.currentTarget.value.trim());
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape") event.currentTarget.blur();
      }}
    />
  );
}

export interface Choice {
  value: string;
  label: string;
  icon?: ReactNode;
}

interface FilterChipProps {
  name: string;
  /** The chosen values; none: the filter is not set. */
  chosen: readonly string[];
  choices: readonly Choice[];
  onChange: (chosen: readonly string[]) => void;
  /** Several values at once. */
  several?: boolean;
}

export function FilterChip({ name, chosen, choices, onChange, several = false }: FilterChipProps) {
  const labels = chosen.map((value) => choices.find((choice) => choice.value === value)?.label ?? value);
  const isSet = chosen.length > 0;

  function toggle(value: string) {
    if (!several) onChange(chosen.includes(value) ? [] : [value]);
    else onChange(chosen.includes(value) ? chosen.filter((one) => one !== value) : [...chosen, value]);
  }

  return (
    <span className={classes["chip"]} data-set={isSet || undefined}>
      <Menu position="bottom-start" closeOnItemClick={!several} width={220}>
        <Menu.Target>
          <button type="button" className={classes["open"]}>
            {!isSet && <IconPlus size={14} stroke={1.5} aria-hidden="true" />}
            {name}
            {isSet && (
              <>
                <b className="trunc">{labels.join(", ")}</b>
                <IconChevronDown size={14} stroke={1.5} aria-hidden="true" />
              </>
            )}
          </button>
        </Menu.Target>
        <Menu.Dropdown className={classes["menu"] ?? ""}>
          {choices.length === 0 && <Menu.Label>There is nothing to choose from yet.</Menu.Label>}
          {choices.map((choice) => (
            <Menu.Item
              key={choice.value}
              role="menuitemcheckbox"
              aria-checked={chosen.includes(choice.value)}
              leftSection={choice.icon}
              rightSection={chosen.includes(choice.value) ? <span className="dim">on</span> : undefined}
              onClick={() => toggle(choice.value)}
            >
              {choice.label}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {isSet && <CloseButton size="xs" aria-label={`Remove the filter ${name}`} onClick={() => onChange([])} />}
    </span>
  );
}

export function FilterBar({ children, aside }: { children: ReactNode; aside?: ReactNode }) {
  return (
    <div className={classes["bar"]}>
      <div className={classes["filters"]}>{children}</div>
      {aside && <div className="row end">{aside}</div>}
    </div>
  );
}

interface PagerProps {
  /** Whether the first page is shown. */
  atStart: boolean;
  hasMore: boolean;
  onNewer: () => void;
  onOlder: () => void;
  children?: ReactNode;
}

/** The foot of a list: what is shown, and the way to older and newer rows. */
export function Pager({ atStart, hasMore, onNewer, onOlder, children }: PagerProps) {
  return (
    <footer className={classes["pager"]}>
      <span className="dim sm grow">{children}</span>
      {!(atStart && !hasMore) && (
        <>
          <Button size="xs" disabled={atStart} onClick={onNewer}>
            To the start
          </Button>
          <Button size="xs" disabled={!hasMore} onClick={onOlder}>
            Older
          </Button>
        </>
      )}
    </footer>
  );
}
