/** Who can sign in, and as what. */
import { Button } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { IconPlus } from "@tabler/icons-react";

import { api, unwrap, type Schema } from "~/api/client";
import { useMe } from "~/api/session";
import { useAddress } from "~/routing/useAddress";
import { DataTable, type Column } from "~/shared/DataTable";
import { Empty } from "~/shared/Feedback";
import { FilterBar, SearchField } from "~/shared/Filters";
import { Loaded } from "~/shared/Loaded";
import { Page } from "~/shared/Page";
import { PageFoot } from "~/shared/PageFoot";
import { Age, Time } from "~/shared/Time";

import { CreateUser } from "./CreateUser";
import { ROLES } from "./roles";
import { UserMenu } from "./UserMenu";

export type User = Schema<"UserShape">;

const COLUMNS: readonly Column<User>[] = [
  { key: "name", head: "Name", width: "24%", cell: (row) => <Name user={row} /> },
  { key: "email", head: "E-mail", cell: (row) => <span className="mut">{row.email}</span> },
  { key: "role", head: "Role", width: "150px", cell: (row) => ROLES[row.role].label },
  {
    key: "seen",
    head: "Signed in",
    width: "130px",
    align: "right",
    cell: (row) => (row.lastLoginAt ? <Age at={row.lastLoginAt} suffix=" ago" /> : <span className="dim">never</span>),
  },
  { key: "created", head: "Made", width: "130px", align: "right", cell: (row) => <Time at={row.createdAt} /> },
  {
    key: "menu",
    head: <span className="vh">More</span>,
    width: "72px",
    align: "right",
    cell: (row) => <UserMenu user={row} />,
  },
];

export function UsersPage() {
  const [search, change] = useAddress();
  const filters = { q: search["q"] ?? "", cursor: search["cursor"] ?? "" };
  const query = useQuery({
    queryKey: ["users", filters],
    queryFn: ({ signal }) => unwrap(api.GET("/api/users", { params: { query: filters }, signal })),
    placeholderData: keepPreviousData,
  });
  return (
    <Page
      title="Users"
      bleed
      actions={
        <Button
          variant="filled"
          leftSection={<IconPlus size={16} stroke={1.5} />}
          onClick={() => change({ new: "user" })}
        >
          New user
        </Button>
      }
    >
      <FilterBar>
        <SearchField
          value={filters.q}
          onChange={(q) => change({ q, cursor: undefined })}
          placeholder="Name or e-mail"
        />
      </FilterBar>
      <Loaded query={query} what="The users">
        {(page) =>
          page.items.length === 0 ? (
            <Empty title="Nobody fits">Try other words.</Empty>
          ) : (
            <>
              <DataTable
                label="Users"
                rows={page.items}
                columns={COLUMNS}
                rowKey={(row) => row.id}
                bleed
                scope="Users"
                phone={(row) => ({
                  title: <Name user={row} />,
                  detail: row.email,
                  right: ROLES[row.role].label,
                  act: <UserMenu user={row} />,
                })}
              />
              <PageFoot nextCursor={page.nextCursor} />
            </>
          )
        }
      </Loaded>
      <CreateUser opened={search["new"] === "user"} onClose={() => change({ new: undefined })} />
    </Page>
  );
}

function Name({ user }: { user: User }) {
  const me = useMe();
  return (
    <span className="strong">
      {user.name} {user.id === me.user.id && <span className="tag acc">you</span>}{" "}
      {user.disabled && <span className="tag bad">disabled</span>}{" "}
      {user.locked && <span className="tag warn">locked</span>}
    </span>
  );
}
