/** Around every page: side bar (a rail in the Studio, tabs on a phone), live state, palette and shortcuts. */
import { Outlet, useMatches } from "@tanstack/react-router";

import { CommandPalette } from "./CommandPalette";
import { GlobalShortcuts } from "./GlobalShortcuts";
import classes from "./Shell.module.css";
import { SideBar } from "./SideBar";
import { TabBar } from "./TabBar";

export function Shell() {
  const rail = useMatches({ select: (matches) => matches.some((match) => match.staticData.rail) });
  return (
    <div className={classes["app"]} data-rail={rail || undefined}>
      <a className={classes["skip"]} href="#page">
        Skip to the page
      </a>
      <SideBar rail={rail} />
      <div className={classes["main"]}>
        <Outlet />
      </div>
      <TabBar />
      <CommandPalette />
      <GlobalShortcuts />
    </div>
  );
}
