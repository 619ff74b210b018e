/** A phone's way around: four places and the rest. */
import { Menu } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";

import { useMe } from "~/api/session";

import { PLACES } from "./navigation";
import classes from "./TabBar.module.css";
import { useBadges } from "./useBadges";

export function TabBar() {
  const me = useMe();
  const badges = useBadges();
  const navigate = useNavigate();
  const places = PLACES.filter((place) => !place.permission || me.permissions.includes(place.permission));
  return (
    <nav className={`${classes["bar"]} phone-only`} aria-label="Places">
      {places
        .filter((place) => place.tab)
        .map((place) => (
          <Link
            key={place.to}
            to={place.to}
            className={classes["tab"]}
            activeProps={{ "aria-current": "page" }}
            activeOptions={{ exact: place.to === "/", includeSearch: false }}
          >
            <place.icon size={20} stroke={1.5} aria-hidden="true" />
            {place.label}
          </Link>
        ))}
      <Menu position="top-end" width={220}>
        <Menu.Target>
          <button type="button" className={classes["tab"]}>
            <IconDots size={20} stroke={1.5} aria-hidden="true" />
            More
            {Object.keys(badges).length > 0 && <i className={classes["mark"]} aria-hidden="true" />}
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          {places
            .filter((place) => !place.tab)
            .map((place) => (
              <Menu.Item
                key={place.to}
                leftSection={<place.icon size={16} stroke={1.5} />}
                rightSection={badges[place.to]?.text}
                aria-label={[place.label, badges[place.to]?.words].filter(Boolean).join(", ")}
                onClick={() => void navigate({ to: place.to })}
              >
                {place.label}
              </Menu.Item>
            ))}
        </Menu.Dropdown>
      </Menu>
    </nav>
  );
}
