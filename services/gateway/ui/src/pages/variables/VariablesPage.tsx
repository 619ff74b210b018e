/** Global variables: named values that every workflow may read. */
import { Button } from "@mantine/core";
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { IconPencil, IconPlus, IconTrash, IconVariable } from "@tabler/icons-react";
import { useState } from "react";

import { api, unwrap } from "~/api/client";
import { useMay } from "~/api/session";
import { useAddress } from "~/routing/useAddress";
import { DataTable, type Column } from "~/shared/DataTable";
import { Empty, toast } from "~/shared/Feedback";
import { FilterBar, SearchField } from "~/shared/Filters";
import { plural } from "~/shared/format";
import { Loaded } from "~/shared/Loaded";
import { MoreMenu } from "~/shared/MoreMenu";
import { Page } from "~/shared/Page";
import { useShortcut } from "~/shared/shortcuts";
import { Time } from "~/shared/Time";

import { VARIABLES, variablesQuery, type Variable } from "./queries";
import { shortValue } from "./value";
import { VariableForm } from "./VariableForm";

const COLUMNS: readonly Column<Variable>[] = [
  { key: "name", head: "Variable", width: "22%", main: true, cell: (row) => <span className="mono">{row.name}</span> },
  {
    key: "value",
    head: "Value",
    width: "28%",
    cell: (row) => <span className="mono mut">{shortValue(row.value)}</span>,
  },
  { key: "about", head: "What it is for", cell: (row) => <span className="mut">{row.description}</span> },
  { key: "used", head: "Read by", width: "120px", align: "right", cell: (row) => <Readers variable={row} /> },
  { key: "changed", head: "Changed", width: "140px", align: "right", cell: (row) => <Time at={row.updatedAt} /> },
];

export function VariablesPage() {
  const [search, change] = useAddress();
  const [changed, setChanged] = useState<Variable | undefined>();
  const mayEdit = useMay("workflow:publish");
  const q = search["q"] ?? "";
  const query = useQuery({ ...variablesQuery(q), placeholderData: keepPreviousData });
  const make = () => change({ new: "variable" });
  useShortcut("n", "New variable", make, { scope: "Variables", enabled: mayEdit });
  const menu: Column<Variable> = {
    key: "more",
    head: "",
    width: "56px",
    align: "right",
    cell: (row) => <VariableMenu variable={row} onChange={() => setChanged(row)} />,
  };
  const button = mayEdit && (
    <Button variant="filled" leftSection={<IconPlus size={16} stroke={1.5} />} onClick={make}>
      New variable
    </Button>
  );
  return (
    <Page title="Variables" bleed actions={button}>
      <FilterBar>
        <SearchField value={q} onChange={(value) => change({ q: value })} placeholder="Name" />
      </FilterBar>
      <Loaded query={query} what="The variables" rows={4}>
        {(variables) =>
          variables.length === 0 ? (
            q ? (
              <Empty
                title="No variable fits"
                action={<Button onClick={() => change({ q: undefined })}>Remove the filter</Button>}
              />
            ) : (
              <Empty icon={<IconVariable size={20} stroke={1.5} />} title="No variable yet" action={button}>
                A variable is a value that many workflows share: an address, a rate, a folder. They read it as
                globals.name; changing it changes them all from their next execution on.
              </Empty>
            )
          ) : (
            <DataTable
              label="Variables"
              rows={variables}
              columns={mayEdit ? [...COLUMNS, menu] : COLUMNS}
              rowKey={(row) => row.id}
              bleed
              scope="Variables"
              phone={(row) => ({
                icon: <IconVariable size={16} stroke={1.5} />,
                title: row.name,
                detail: shortValue(row.value),
                act: mayEdit && <VariableMenu variable={row} onChange={() => setChanged(row)} />,
              })}
            />
          )
        }
      </Loaded>
      {mayEdit && search["new"] && <VariableForm onClose={() => change({ new: undefined })} />}
      {changed && <VariableForm variable={changed} onClose={() => setChanged(undefined)} />}
    </Page>
  );
}

function Readers({ variable }: { variable: Variable }) {
  const names = variable.usedBy.map((user) => user.name);
  if (names.length === 0) return <span className="dim">nothing</span>;
  return <span title={names.join(", ")}>{plural(names.length, "workflow")}</span>;
}

function VariableMenu({ variable, onChange }: { variable: Variable; onChange: () => void }) {
  const client = useQueryClient();
  const names = variable.usedBy.map((user) => user.name).join(", ");
  async function remove() {
    const params = { path: { variableId: variable.id }, query: { force: names !== "" } };
    await unwrap(api.DELETE("/api/variables/{variableId}", { params }));
    toast(`Deleted ${variable.name}.`);
    await client.invalidateQueries({ queryKey: VARIABLES });
  }
  return (
    <MoreMenu
      of={variable.name}
      actions={[
        { label: "Change…", icon: IconPencil, act: onChange },
        {
          label: "Delete…",
          icon: IconTrash,
          isDangerous: true,
          asks: {
            title: `Delete ${variable.name}?`,
            confirm: "Delete",
            text: names
              ? `Published workflows read it and will fail: ${names}.`
              : "No published workflow reads it. Its earlier values stay in the audit log.",
          },
          act: remove,
        },
      ]}
    />
  );
}
