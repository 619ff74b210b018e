/** Around every page: side bar (a rail in the Studio, tabs on a phone), live state, palette and shortcuts. */
import { Outlet, useMatches } from "@tanstack/react-router";

import { useMay } from "~/api/session";
import { useTopic } from "~/live/hooks";

import { CommandPalette } from "./CommandPalette";
import { GlobalShortcuts } from "./GlobalShortcuts";
import classes from "./Shell.module.css";
import { SideBar } from "./SideBar";
import { TabBar } from "./TabBar";

export function Shell() {
  const rail = useMatches({ select: (matches) => matches.some((match) => match.staticData.rail) });
  // Every page says how fresh it is: the stream stands even where nothing else listens.
  const maySee = useMay("execution:view");
  useTopic(maySee ? "executions" : null, () => undefined);
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
