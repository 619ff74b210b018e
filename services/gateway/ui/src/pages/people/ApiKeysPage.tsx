/** How programs call: the person's own keys, each shown once when it is made. */
import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { IconKey, IconPlus } from "@tabler/icons-react";
import { useState } from "react";

import { api, unwrap, type Schema } from "~/api/client";
import { useAddress } from "~/routing/useAddress";
import { Confirm } from "~/shared/Confirm";
import { DataTable, type Column } from "~/shared/DataTable";
import { Empty, toast } from "~/shared/Feedback";
import { Loaded } from "~/shared/Loaded";
import { Page } from "~/shared/Page";
import { PageFoot } from "~/shared/PageFoot";
import { Age, Time } from "~/shared/Time";

import { CreateApiKey } from "./CreateApiKey";

type ApiKey = Schema<"ApiKeyShape">;

export function ApiKeysPage() {
  const [search, change] = useAddress();
  const [revoked, setRevoked] = useState<ApiKey | null>(null);
  const cursor = search["cursor"] ?? "";
  const query = useQuery({
    queryKey: ["api-keys", cursor],
    queryFn: () => unwrap(api.GET("/api/api-keys", { params: { query: { cursor } } })),
  });
  const make = () => change({ new: "key" });
  const columns: readonly Column<ApiKey>[] = [
    { key: "name", head: "Name", width: "24%", cell: (row) => <b className="strong">{row.name}</b> },
    { key: "hint", head: "Begins with", width: "150px", cell: (row) => <span className="mono dim">{row.hint}…</span> },
    {
      key: "scopes",
      head: "May",
      cell: (row) => (
        <span className="mut" title={row.scopes.join("\n")}>
          {row.scopes.join(", ")}
        </span>
      ),
    },
    {
      key: "used",
      head: "Used",
      width: "120px",
      align: "right",
      cell: (row) => (row.lastUsedAt ? <Age at={row.lastUsedAt} suffix=" ago" /> : <span className="dim">never</span>),
    },
    {
      key: "expires",
      head: "Expires",
      width: "130px",
      align: "right",
      cell: (row) => (row.expiresAt ? <Time at={row.expiresAt} /> : <span className="dim">never</span>),
    },
    {
      key: "revoke",
      head: <span className="vh">Revoke</span>,
      width: "110px",
      align: "right",
      cell: (row) => (
        <Button size="xs" variant="danger" onClick={() => setRevoked(row)}>
          Revoke…
        </Button>
      ),
    },
  ];
  return (
    <Page
      title="API keys"
      bleed
      actions={
        <Button variant="filled" leftSection={<IconPlus size={16} stroke={1.5} />} onClick={make}>
          New key
        </Button>
      }
    >
      <Loaded query={query} what="The keys" rows={4}>
        {(page) =>
          page.items.length === 0 ? (
            <Empty
              icon={<IconKey size={20} stroke={1.5} />}
              title="No API key yet"
              action={
                <Button variant="filled" onClick={make}>
                  New key
                </Button>
              }
            >
              With a key a program starts executions and asks for their results, as the person who made it.
            </Empty>
          ) : (
            <>
              <DataTable
                label="API keys"
                rows={page.items}
                columns={columns}
                rowKey={(row) => row.id}
                bleed
                scope="API keys"
                phone={(row) => ({
                  title: row.name,
                  detail: row.scopes.join(", "),
                  act: (
                    <Button size="xs" variant="danger" onClick={() => setRevoked(row)}>
                      Revoke…
                    </Button>
                  ),
                })}
              />
              <PageFoot nextCursor={page.nextCursor} />
            </>
          )
        }
      </Loaded>
      <CreateApiKey opened={search["new"] === "key"} onClose={() => change({ new: undefined })} />
      {revoked && <Revoke apiKey={revoked} onClose={() => setRevoked(null)} />}
    </Page>
  );
}

function Revoke({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) {
  const client = useQueryClient();
  async function revoke() {
    await unwrap(api.DELETE("/api/api-keys/{apiKeyId}", { params: { path: { apiKeyId: apiKey.id } } }));
    toast(`Revoked “${apiKey.name}”.`);
    await client.invalidateQueries({ queryKey: ["api-keys"] });
  }
  return (
    <Confirm opened onClose={onClose} title={`Revoke “${apiKey.name}”?`} confirm="Revoke" onConfirm={revoke}>
      Programs that use it are refused at once. It cannot be brought back.
    </Confirm>
  );
}
