import { ActionIcon, Button, TextInput } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useState, type FormEvent } from "react";

import { useAddress } from "~/routing/useAddress";
import { Tabs } from "~/shared/Tabs";
import { toast } from "~/shared/Feedback";

import classes from "./ExecutionsPage.module.css";
import { BUILT_IN, filtersOf, isSameView, useOwnViews } from "./views";

const NO_FILTERS = {
  status: undefined,
  workflowId: undefined,
  runnerId: undefined,
  since: undefined,
  q: undefined,
  cursor: undefined,
};

/** The saved views as tabs, and the way to keep the filters that are set as one more. */
export function ViewTabs() {
  const [search, change] = useAddress();
  const { own, save, remove } = useOwnViews();
  const [naming, setNaming] = useState(false);
  const views = [...BUILT_IN, ...own];
  const active = views.find((view) => isSameView(view.search, search));

  function keep(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get("name") ?? "").trim();
    if (!name) return;
    save({ name, search: filtersOf(search) });
    setNaming(false);
    toast(`The view “${name}” is kept in this browser.`);
  }

  return (
    <div className={classes["views"]}>
      <Tabs
        label="Views"
        tabs={views.map((view) => ({ value: view.name, label: view.name }))}
        value={active?.name ?? ""}
        onChange={(name) => change({ ...NO_FILTERS, ...views.find((view) => view.name === name)?.search })}
      >
        {active?.own && (
          <ActionIcon
            aria-label={`Remove the view ${active.name}`}
            title={`Remove the view ${active.name}`}
            onClick={() => remove(active.name)}
          >
            <IconX size={16} stroke={1.5} />
          </ActionIcon>
        )}
        {!active && !naming && (
          <Button
            size="xs"
            variant="subtle"
            leftSection={<IconPlus size={14} stroke={1.5} />}
            onClick={() => setNaming(true)}
          >
            Save view
          </Button>
        )}
        {naming && (
          <form className={classes["save"]} onSubmit={keep}>
            <TextInput
              name="name"
              aria-label="Name of the view"
              placeholder="Name of the view"
              autoFocus
              onKeyDown={(event) => event.key === "Escape" && setNaming(false)}
            />
            <Button size="xs" type="submit">
              Save
            </Button>
          </form>
        )}
      </Tabs>
    </div>
  );
}
