/** Mantine in the product's tokens: every colour it uses is one of ours, in both schemes. */
import {
  ActionIcon,
  Autocomplete,
  Button,
  Checkbox,
  createTheme,
  Input,
  Menu,
  Modal,
  MultiSelect,
  Select,
  Switch,
  TagsInput,
  Tooltip,
  type CSSVariablesResolver,
  type MantineColorsTuple,
} from "@mantine/core";

/** Mantine wants ten shades of each colour; what is seen comes from the variables below. */
const iris: MantineColorsTuple = [
  "#efeefc",
  "#dcdaf8",
  "#c9c5f3",
  "#aca6ff",
  "#8a82ee",
  "#6e63ea",
  "#5246cf",
  "#4a3fc4",
  "#463ab8",
  "#3d3878",
];

/** The list box scrolls by itself: a pane inside it could be scrolled, and be reached by no key. */
const LIST = { withScrollArea: false };

export const theme = createTheme({
  colors: { iris },
  primaryColor: "iris",
  primaryShade: 6,
  defaultRadius: "6px",
  fontFamily: "var(--font)",
  fontFamilyMonospace: "var(--mono)",
  fontSizes: { xs: "11px", sm: "12px", md: "13px", lg: "15px", xl: "18px" },
  lineHeights: { xs: "16px", sm: "18px", md: "20px", lg: "22px", xl: "26px" },
  spacing: { xs: "4px", sm: "8px", md: "12px", lg: "16px", xl: "24px" },
  shadows: { xs: "var(--shadow-1)", sm: "var(--shadow-2)", md: "var(--shadow-3)", lg: "var(--shadow-3)" },
  focusClassName: "focusable",
  respectReducedMotion: true,
  cursorType: "pointer",
  components: {
    Button: Button.extend({ defaultProps: { variant: "default", size: "sm" } }),
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: "subtle", size: 30 } }),
    Input: Input.extend({ defaultProps: { size: "sm" } }),
    InputWrapper: Input.Wrapper.extend({ defaultProps: { size: "sm" } }),
    Select: Select.extend({ defaultProps: { ...LIST, allowDeselect: false, withAlignedLabels: true } }),
    MultiSelect: MultiSelect.extend({ defaultProps: LIST }),
    TagsInput: TagsInput.extend({ defaultProps: LIST }),
    Autocomplete: Autocomplete.extend({ defaultProps: LIST }),
    Checkbox: Checkbox.extend({ defaultProps: { size: "xs" } }),
    Switch: Switch.extend({ defaultProps: { size: "sm" } }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 400, withArrow: false, multiline: true, maw: 360 } }),
    Menu: Menu.extend({ defaultProps: { shadow: "md", position: "bottom-end", offset: 4, withinPortal: true } }),
    Modal: Modal.extend({
      defaultProps: { centered: true, overlayProps: { backgroundOpacity: 1, color: "var(--scrim)" } },
    }),
  },
});

const SHARED = {
  "--mantine-color-body": "var(--bg)",
  "--mantine-color-text": "var(--ink)",
  "--mantine-color-bright": "var(--ink)",
  "--mantine-color-dimmed": "var(--ink-3)",
  "--mantine-color-placeholder": "var(--ink-3)",
  "--mantine-color-anchor": "var(--accent-ink)",
  "--mantine-color-error": "var(--st-failed-ink)",
  "--mantine-color-default": "var(--surface)",
  "--mantine-color-default-hover": "var(--hover)",
  "--mantine-color-default-color": "var(--ink)",
  "--mantine-color-default-border": "var(--line-strong)",
  "--mantine-color-disabled": "var(--sunken)",
  "--mantine-color-disabled-color": "var(--ink-disabled)",
  "--mantine-color-disabled-border": "var(--line)",
  "--mantine-primary-color-filled": "var(--accent)",
  "--mantine-primary-color-filled-hover": "var(--accent-hover)",
  "--mantine-primary-color-light": "var(--accent-soft)",
  "--mantine-primary-color-light-hover": "var(--accent-soft)",
  "--mantine-primary-color-light-color": "var(--accent-ink)",
  "--mantine-primary-color-contrast": "var(--on-accent)",
  "--mantine-color-iris-filled": "var(--accent)",
  "--mantine-color-iris-filled-hover": "var(--accent-hover)",
  "--mantine-color-iris-light": "var(--accent-soft)",
  "--mantine-color-iris-light-hover": "var(--accent-soft)",
  "--mantine-color-iris-light-color": "var(--accent-ink)",
  "--mantine-color-iris-outline": "var(--accent)",
  "--mantine-color-red-filled": "var(--st-failed)",
  "--mantine-color-red-text": "var(--st-failed-ink)",
  "--mantine-color-gray-light-color": "var(--ink-2)",
  "--mantine-color-gray-light-hover": "var(--hover)",
};

export const cssVariables: CSSVariablesResolver = () => ({ variables: SHARED, light: SHARED, dark: SHARED });
