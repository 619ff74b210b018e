/** The vault: which credentials there are, who uses them, when last. Their values are nowhere to be seen. */
import { Button } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { IconLock, IconPlus } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { useMay } from "~/api/session";
import { useAddress } from "~/routing/useAddress";
import { DataTable, type Column } from "~/shared/DataTable";
import { Empty } from "~/shared/Feedback";
import { FilterBar, SearchField } from "~/shared/Filters";
import { Loaded } from "~/shared/Loaded";
import { Page } from "~/shared/Page";
import { useShortcut } from "~/shared/shortcuts";
import { Age } from "~/shared/Time";

import { CredentialModal, type Doing } from "./CredentialForm";
import { CredentialMenu } from "./CredentialMenu";
import { tellLimits } from "./limits";
import { credentialsQuery, type Credential } from "./queries";

const SHOWN_USERS = 2;

const COLUMNS: readonly Column<Credential>[] = [
  {
    key: "name",
    head: "Credential",
    width: "24%",
    main: true,
    cell: (row) => (
      <span title={row.description || undefined}>
        <span className="mono">{row.name}</span> {row.description && <span className="dim">{row.description}</span>}
      </span>
    ),
  },
  { key: "fields", head: "Fields", width: "16%", cell: (row) => <span className="mut">{row.fields.join(", ")}</span> },
  {
    key: "limits",
    head: "Only for",
    width: "22%",
    cell: (row) => (
      <span className="mut" title={tellLimits(row)}>
        {tellLimits(row)}
      </span>
    ),
  },
  { key: "users", head: "Used by", cell: (row) => <Users credential={row} /> },
  { key: "used", head: "Last used", width: "120px", align: "right", cell: (row) => <LastUsed credential={row} /> },
  {
    key: "changed",
    head: "Value",
    width: "120px",
    align: "right",
    cell: (row) => <Age at={row.valueChangedAt} suffix=" old" />,
  },
];

export function CredentialsPage() {
  const [search, change] = useAddress();
  const [changed, setChanged] = useState<{ credential: Credential; doing: Doing } | null>(null);
  const mayManage = useMay("credential:manage");
  const q = search["q"] ?? "";
  const query = useQuery({ ...credentialsQuery(q), placeholderData: keepPreviousData });
  const make = () => change({ new: "credential" });
  useShortcut("n", "New credential", make, { scope: "Vault", enabled: mayManage });
  const menuOf = (row: Credential) => (
    <CredentialMenu credential={row} onDo={(doing) => setChanged({ credential: row, doing })} />
  );
  const menu: Column<Credential> = {
    key: "menu",
    head: <span className="vh">More</span>,
    width: "72px",
    align: "right",
    cell: menuOf,
  };
  const button = mayManage && (
    <Button variant="filled" leftSection={<IconPlus size={16} stroke={1.5} />} onClick={make}>
      New credential
    </Button>
  );
  return (
    <Page title="Vault" bleed actions={button}>
      <FilterBar>
        <SearchField value={q} onChange={(value) => change({ q: value })} placeholder="Name" />
      </FilterBar>
      <Loaded query={query} what="The credentials" rows={4}>
        {(credentials) =>
          credentials.length === 0 ? (
            q ? (
              <Empty
                title="No credential fits"
                action={<Button onClick={() => change({ q: undefined })}>Remove the filter</Button>}
              />
            ) : (
              <Empty icon={<IconLock size={20} stroke={1.5} />} title="No credential yet" action={button}>
                A credential holds what nodes sign in with: a password, a token, a key. It is kept sealed, nobody can
                read it back, and it goes to the runner only while a workflow that names it runs there.
              </Empty>
            )
          ) : (
            <DataTable
              label="Credentials"
              rows={credentials}
              columns={mayManage ? [...COLUMNS, menu] : COLUMNS}
              rowKey={(row) => row.id}
              bleed
              scope="Vault"
              phone={(row) => ({
                icon: <IconLock size={16} stroke={1.5} />,
                title: row.name,
                detail: row.description || tellLimits(row),
                right: <LastUsed credential={row} />,
                act: mayManage && menuOf(row),
              })}
            />
          )
        }
      </Loaded>
      {mayManage && search["new"] && <CredentialModal doing="create" onClose={() => change({ new: undefined })} />}
      {changed && <CredentialModal {...changed} onClose={() => setChanged(null)} />}
    </Page>
  );
}

function Users({ credential }: { credential: Credential }) {
  const { usedBy } = credential;
  if (usedBy.length === 0) return <span className="dim">nothing</span>;
  const rest = usedBy.length - SHOWN_USERS;
  return (
    <span>
      {usedBy.slice(0, SHOWN_USERS).map((user, index) => (
        <span key={user.workflowId}>
          {index > 0 && ", "}
          <Link to="/workflows/$workflowId" params={{ workflowId: user.workflowId }}>
            {user.name}
          </Link>
          {!user.published && <span className="dim"> (draft)</span>}
        </span>
      ))}
      {rest > 0 && <span title={usedBy.map((user) => user.name).join(", ")}> and {rest} more</span>}
    </span>
  );
}

function LastUsed({ credential }: { credential: Credential }) {
  const { lastUsedAt, lastExecutionId } = credential;
  if (!lastUsedAt || !lastExecutionId) return <span className="dim">never</span>;
  return (
    <Link to="/executions/$executionId" params={{ executionId: lastExecutionId }}>
      <Age at={lastUsedAt} suffix=" ago" />
    </Link>
  );
}
