/** The person's own things: theme, password, sessions. And what is set for the whole installation. */
import { SegmentedControl, useMantineColorScheme, type MantineColorScheme } from "@mantine/core";

import { useMe } from "~/api/session";
import { ChangePassword } from "~/shared/ChangePassword";
import { zone } from "~/shared/format";
import { Page } from "~/shared/Page";
import { Facts, Panel } from "~/shared/Panel";

import { Installation } from "./Installation";
import { Sessions } from "./Sessions";

const SCHEMES = [
  { value: "auto", label: "As the system" },
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
];

export function SettingsPage() {
  const { user } = useMe();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Page title="Settings">
      <div className="columns">
        <div className="stack">
          <Panel title="You">
            <Facts
              rows={[
                ["Name", user.name],
                ["E-mail", user.email],
                ["Times in", zone],
                [
                  "Theme",
                  <SegmentedControl
                    key="theme"
                    size="xs"
                    aria-label="Theme"
                    data={SCHEMES}
                    value={colorScheme}
                    onChange={(value) => setColorScheme(value as MantineColorScheme)}
                  />,
                ],
              ]}
            />
          </Panel>
          <Panel title="Password">
            <ChangePassword next="/settings" />
          </Panel>
        </div>
        <div className="stack">
          <Installation />
          <Sessions />
        </div>
      </div>
    </Page>
  );
}
