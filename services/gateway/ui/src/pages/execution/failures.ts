/**
 * What a failure's code means: why such a thing happens, and what a colleague would look at first.
 *
 * The codes are those of the Hub, the runner and its nodes; `failures.test.ts` reads them from their sources, so that
 * none goes without an answer.
 */

/** Where the answer lies, as a page of the Hub. */
export type Place = "runner" | "runners" | "workflow";

export interface Meaning {
  why: string;
  next: string;
  place?: Place;
}

type Known = [pattern: RegExp, why: string, next: string, place?: Place];

/** The first that fits counts: what is exact stands before what is general. */
const KNOWN: readonly Known[] = [
  // The runner and its machine.
  [
    /^RUNNER_DISK_FULL$/,
    "The disk of the runner is full, so nothing it does can be written down any more.",
    "Free disk space on the runner's machine, and look what the last node did before it is started again.",
    "runner",
  ],
  [
    /^(DISK_FULL|DOWNLOAD_NO_SPACE)$/,
    "There is no room left on the runner's disk.",
    "Free disk space there, then retry.",
    "runner",
  ],
  [
    /^EXECUTION_CRASHED$/,
    "The process that ran it ended in the middle: out of memory, killed, or a fault in a program it uses.",
    "Look at the memory of the runner at that time, and at the runner's own log.",
    "runner",
  ],
  [
    /^(RUNNER_FAILED|ENGINE_CRASHED|EXECUTION_NOT_STARTED|NODE_CRASHED)$/,
    "This is a fault of the runner or of a node, not of your workflow.",
    "Send the details below with the runner's diagnostics to support; a retry on another runner may pass.",
    "runner",
  ],
  [
    /^RUNNER_OUTDATED$/,
    "The runner is older than what the workflow asks of it.",
    "Update the runner, or run it on a newer one.",
    "runner",
  ],
  [
    /^(RUNNER_DECLINED|GRAPH_INVALID)$/,
    "The runner refused it before anything was done.",
    "Read its reason above; mostly the workflow uses what this runner does not have.",
    "runners",
  ],
  [
    /^DISPATCH_EXHAUSTED$/,
    "It was offered several times and no runner could begin it; nothing was done.",
    "Look whether the runners are well, then retry.",
    "runners",
  ],
  [
    /^NO_RUNNER$/,
    "No runner has the labels and capabilities it asks for; nothing was done.",
    "Give a runner what is missing, or ask for less in the workflow.",
    "runners",
  ],
  [
    /^UNKNOWN$/,
    "The runner said that it failed, and gave no reason.",
    "Look at the log here and at the runner's own.",
    "runner",
  ],
  [
    /^QUEUE_TIMEOUT$/,
    "No runner became free within the time it may wait; nothing was done.",
    "Look which runners may take it and what kept them, or let it wait longer.",
    "runners",
  ],
  [
    /^(LEASE_OVER|RUNNER_RESTARTED|STOP_UNCONFIRMED|FENCED|LOST|EXECUTION_LOST)$/,
    "The Hub lost sight of the runner while it was at work.",
    "Look in the system it worked on whether the last step took place before it is started again.",
    "runner",
  ],
  [
    /^(EXECUTION_STOPPED|EXECUTION_FAILED)$/,
    "The execution that this one depends on did not end well.",
    "Open that execution and mend its cause first.",
  ],
  [/^RESOLVED_AS_FAILED$/, "A person looked and declared it failed.", "Their note above says what was found."],
  [
    /^HUB_UNREACHABLE$/,
    "The runner could not reach the Hub for several minutes.",
    "Check the network between the two; work that waits for the Hub can be retried.",
    "runner",
  ],
  // The workflow itself.
  [
    /^TIMEOUT$/,
    "It was not done within the time it may take and was ended.",
    "Look in the timeline which node took so long; a longer time limit helps if it always does.",
    "workflow",
  ],
  [/^STOPPED_BY_WORKFLOW$/, "The workflow ended itself: it came to a node that says so.", "Its message is above."],
  [
    /^INPUT_INVALID$/,
    "A value it was started with is missing or of another kind than the workflow declares.",
    "Correct the values where it is started: the trigger, the caller, or the form.",
  ],
  [
    /^(OUTPUT_FAILED|OUTPUT_NOT_JSON)$/,
    "The nodes ran; what they were to hand over could not be made of their results.",
    "Correct the output of the workflow or of the node in the Studio.",
    "workflow",
  ],
  [
    /^(WORKFLOW_UNAVAILABLE|WORKFLOW_RECURSION)$/,
    "The workflow it calls is not published, is gone, or calls itself.",
    "Publish the called workflow or choose another in the node.",
  ],
  [
    /^(MAX_ITERATIONS|APPROVAL_NOT_AT_TOP|UNKNOWN_PORT)$/,
    "The workflow is drawn in a way that cannot go on.",
    "The message above says which limit or place; change it in the Studio.",
  ],
  [
    /^(CONFIG_INVALID|INVALID_.*|PATTERN_INVALID|.*_INVALID_URL|SELECTOR_INVALID|REGEX_INVALID|SFTP_KEY_INVALID|SFTP_KNOWN_HOSTS_INVALID|MAIL_ADDRESS_INVALID)$/,
    "A setting of the node does not hold what it has to, often because an expression gave an unexpected value.",
    "Compare the node's input with its settings.",
  ],
  [
    /^(EXPRESSION_FAILED|TEMPLATE_.*|MISSING_KEY)$/,
    "An expression met a value it did not expect: a name is missing, or a text stands where a number should.",
    "Look at the values the node was given. default(x, y) allows for what may be missing.",
  ],
  [
    /^(ITEMS_TOO_LARGE|NUMBER_TOO_LARGE|TEXT_TOO_LARGE|TABLE_TOO_LARGE|TOO_MANY_FILES|.*_TOO_LARGE|.*_TOO_MANY_PAGES)$/,
    "There is more of it than the node takes at once.",
    "Take less at a time, by a filter or in a loop, or raise the node's limit.",
  ],
  // Work queues and handing over.
  [
    /^(REFERENCE_TAKEN|NOT_SETTLED|ITEM_.*|QUEUE_.*)$/,
    "The work queue did not accept it: the item is there already, or was not settled by who took it.",
    "Look at the item and its history in the queue.",
  ],
  // Browsers and desktops.
  [
    /^BROWSER_(MISSING|NOT_STARTED)$/,
    "The browser is not on the runner's machine, or did not start there.",
    "Install it there or choose another runner; the runner's capabilities say what it found.",
    "runner",
  ],
  [
    /^(ELEMENT_.*|OPTION_NOT_FOUND|NO_FRAME|NO_TABLE|TAB_NOT_FOUND|SEVERAL_MATCHES|.*WINDOW.*|IMAGE_NOT_FOUND|STILL_THERE|TEXT_NOT_.*)$/,
    "What the node looks for was not to be found as it was recorded: the page or window looks different now.",
    "Compare the picture with what you expect, and choose the element anew in the node's selector.",
  ],
  [
    /^(PAGE_.*|BROWSER_.*|PRINT_.*|DOWNLOAD_.*|SCRIPT_IN_PAGE.*|DIALOG_.*)$/,
    "The page did not do what the node waits for.",
    "Look at the picture: often a notice, a sign-in or a slow page stands in the way.",
  ],
  [
    /^(DESKTOP_.*|SCREEN_.*|SESSION_.*|.*_LOCKED_SCREEN|DISPLAY_.*|NO_SCREEN|NO_DESKTOP|INPUT_.*|CAPTURE_.*|KEY_.*|FOCUS_.*|NOTHING_COPIED|CLIPBOARD_.*|APP.*|PROGRAM_.*|PROCESS_.*)$/,
    "The screen of the runner was not as the node needs it.",
    "Look whether somebody is signed in there and the screen is not locked.",
    "runner",
  ],
  [
    /^(OCR_.*|IMAGE_.*|ELEMENTS_UNSUPPORTED)$/,
    "The runner could not look for it: the picture cannot be used, or what reads the screen is not installed there.",
    "Check the picture in the node's settings and the capabilities of the runner.",
    "runner",
  ],
  // Files and their contents.
  [
    /^(FILE_NOT_FOUND|FOLDER_NOT_FOUND|SFTP_NOT_FOUND)$/,
    "The file or folder is not where the node looks for it.",
    "Paths are those of the runner's machine; check the name, and whether what should have put it there did.",
  ],
  [/^FILE_WAIT_TIMEOUT$/, "The file did not arrive in time.", "Ask whoever delivers it, or let the node wait longer."],
  [
    /^(FILE_.*|FOLDER_.*|ENCODING_ERROR)$/,
    "The file could not be read or written as the node was told to.",
    "Check that nobody has it open, that it is of the right kind, and that the runner's account may use it.",
  ],
  [
    /^(CSV|EXCEL|PDF|XML|YAML|JSON|ZIP|TABLE|SHEET|DATE|MIXED_TYPES|MISSING_COLUMN|NOT_A_NUMBER|TEXT_INVALID).*/,
    "The contents are not what the node expects: another layout, a protected or a damaged file.",
    "Open the file or look at the input; let the node skip or convert what may differ.",
  ],
  // Other systems.
  [
    /(LOGIN_FAILED|AUTH|UNTRUSTED|CREDENTIAL|VAULT|TOTP)/,
    "The other system did not accept who we say we are.",
    "Check the credential the node uses: a password may have run out.",
  ],
  [
    /(PERMISSION|FORBIDDEN|DENIED|READ_ONLY|NOT_ALLOWED|REFUSED)/,
    "The runner's account is not allowed to do this.",
    "Give it the right to, or run it on another runner.",
  ],
  [
    /(UNCERTAIN|INCOMPLETE)/,
    "The connection broke at the very moment: whether it arrived is not known.",
    "Look in the other system before you start it again, so that nothing is done twice.",
  ],
  [
    /(TIMEOUT|TIMED_OUT|BUSY|LOCKED)/,
    "The other side did not answer in time or was taken.",
    "Look whether it is slow today; a longer time limit of the node helps if it always is.",
  ],
  [
    /^(DB|QUERY)_.*/,
    "The database did not do what it was asked.",
    "Its own words are in the message; compare the statement and its parameters.",
  ],
  [
    /^(HTTP|MAIL|SFTP|CONNECTION|DNS|TLS).*/,
    "The other system did not answer as expected.",
    "Look at its answer in the node's details, and whether it can be reached from the runner's machine.",
  ],
  [/^SCRIPT.*/, "Your script ended with an error.", "The end of what it wrote is in the details and in the log."],
];

/** Undefined for a code a workflow made up itself: its message is all there is to say. */
export function explain(code: string): Meaning | undefined {
  const known = KNOWN.find(([pattern]) => pattern.test(code));
  if (!known) return undefined;
  const [, why, next, place] = known;
  return place ? { why, next, place } : { why, next };
}
