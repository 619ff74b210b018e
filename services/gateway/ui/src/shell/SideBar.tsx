/** The side bar: where one can go, how fresh the page is, who is signed in. */
import { Tooltip } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconSearch } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";

import { useMe } from "~/api/session";
import { settingsQuery, useInstallationName } from "~/api/settings";
import { Mark } from "~/shared/Mark";

import { LiveMark } from "./LiveMark";
import { GROUPS, type Place } from "./navigation";
import { palette } from "./palette";
import { PersonMenu } from "./PersonMenu";
import classes from "./SideBar.module.css";
import { useBadges, type Badge } from "./useBadges";

export function SideBar({ rail }: { rail: boolean }) {
  const me = useMe();
  const badges = useBadges();
  const named = useQuery(settingsQuery).data?.installationName;
  const name = useInstallationName();
  const may = (place: Place) => !place.permission || me.permissions.includes(place.permission);
  return (
    <aside className={`${classes["side"]} desktop-only`} data-rail={rail || undefined} aria-label="Main menu">
      <Link to="/" className={classes["brand"]} aria-label={`${name}, dashboard`}>
        <Mark />
        {!rail && named && (
          <div className="trunc" title={name}>
            {name}
          </div>
        )}
        {!rail && !named && (
          <>
            Exekra <span>Hub</span>
          </>
        )}
      </Link>
      {!rail && (
        <button type="button" className={classes["find"]} onClick={() => palette.open()}>
          <IconSearch size={16} stroke={1.5} aria-hidden="true" />
          <span className="grow">Find or do…</span>
          <kbd>Ctrl K</kbd>
        </button>
      )}
      <nav className={classes["groups"]} aria-label="Places">
        {GROUPS.map((group) => {
          const places = group.places.filter(may);
          if (places.length === 0) return null;
          return (
            <div key={group.title} className={classes["group"]}>
              {group.title && !rail && <h3 className={classes["heading"]}>{group.title}</h3>}
              {places.map((place) => (
                <PlaceLink key={place.to} place={place} rail={rail} badge={badges[place.to]} />
              ))}
            </div>
          );
        })}
      </nav>
      <footer className={classes["foot"]}>
        {!rail && <LiveMark />}
        <PersonMenu rail={rail} />
      </footer>
    </aside>
  );
}

function PlaceLink({ place, rail, badge }: { place: Place; rail: boolean; badge: Badge | undefined }) {
  const link = (
    <Link
      to={place.to}
      className={classes["place"]}
      activeProps={{ "aria-current": "page" }}
      activeOptions={{ exact: place.to === "/", includeSearch: false }}
      aria-label={rail ? [place.label, badge?.words].filter(Boolean).join(", ") : undefined}
    >
      <place.icon size={16} stroke={1.5} aria-hidden="true" />
      {!rail && place.label}
      {badge && !rail && (
        <span className={`num ${classes["badge"]}`} title={badge.words}>
          {badge.text}
        </span>
      )}
      {badge && rail && <i className={classes["mark"]} aria-hidden="true" />}
    </Link>
  );
  return rail ? (
    <Tooltip label={place.label} position="right">
      {link}
    </Tooltip>
  ) : (
    link
  );
}
