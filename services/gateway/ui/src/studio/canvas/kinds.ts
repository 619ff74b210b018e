/** The components React Flow draws nodes and edges with; one object for good, or everything would be drawn anew. */
import { ContainerNode } from "./ContainerNode";
import { NoteNode } from "./NoteNode";
import { StepNode } from "./StepNode";
import { WayEdge } from "./WayEdge";

export const NODE_TYPES = { step: StepNode, container: ContainerNode, note: NoteNode };
export const EDGE_TYPES = { way: WayEdge };
export const ZOOM = { least: 0.1, most: 2 };
