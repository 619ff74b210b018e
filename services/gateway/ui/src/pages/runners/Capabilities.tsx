import {
  IconBrandWindows,
  IconBrowser,
  IconCheckbox,
  IconDeviceDesktop,
  IconTable,
  IconTerminal2,
  type Icon,
} from "@tabler/icons-react";
import { IconBrandApple, IconBrandDebian } from "@tabler/icons-react";

const ICONS: Record<string, Icon> = {
  browser: IconBrowser,
  desktop: IconDeviceDesktop,
  excel: IconTable,
  script: IconTerminal2,
  "os:windows": IconBrandWindows,
  "os:linux": IconBrandDebian,
  "os:darwin": IconBrandApple,
};

/** What a runner attested that it can do; each icon has its word as the title. */
export function Capabilities({ capabilities }: { capabilities: readonly string[] }) {
  if (capabilities.length === 0) return <span className="dim">–</span>;
  return (
    <span style={{ display: "inline-flex", gap: 8, verticalAlign: "middle" }}>
      {capabilities.map((capability) => {
        const Shape = ICONS[capability] ?? IconCheckbox;
        return (
          <span key={capability} title={capability} className="mut" style={{ display: "inline-flex" }}>
            <Shape size={16} stroke={1.5} role="img" aria-label={capability} />
          </span>
        );
      })}
    </span>
  );
}
