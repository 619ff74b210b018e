/** Starts the UI: theme, queries, live changes, routes. */
import "@fontsource-variable/inter/wght.css";
import "@fontsource-variable/jetbrains-mono/wght.css";
import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "@mantine/spotlight/styles.css";
import "./theme/tokens.css";
import "./theme/base.css";
import "./theme/controls.css";

import { localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { setNonce } from "get-nonce";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { whenSignedOut } from "./api/client";
import { meQuery } from "./api/session";
import { live } from "./live/connection";
import { readAnew } from "./live/readAnew";
import { queryClient } from "./routing/queries";
import { router } from "./routing/router";
import { cssVariables, theme } from "./theme/theme";

const colorScheme = localStorageColorSchemeManager({ key: "exekra.theme" });
const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? "";
// For the part of Mantine's dialogs that keeps the page from scrolling behind them.
setNonce(nonce);

live.onResumed = () => readAnew(queryClient);

whenSignedOut(() => {
  if (router.state.location.pathname === "/sign-in") return;
  queryClient.setQueryData(meQuery.queryKey, null);
  void router.navigate({ to: "/sign-in", search: { next: router.state.location.href } });
});

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");

createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      colorSchemeManager={colorScheme}
      defaultColorScheme="auto"
      getStyleNonce={() => nonce}
      deduplicateInlineStyles
    >
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
        <Notifications position="bottom-right" limit={4} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
