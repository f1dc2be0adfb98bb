// The API's answers under the names that the pages use; the shapes themselves are generated from docs/openapi.json.
import type { components } from "./openapi.gen";

type Schemas = components["schemas"];

export type Actor = Schemas["Actor"];
export type Attempt = Schemas["Attempt"];
export type AtBody = Schemas["AtBody"];
export type BlameBody = Schemas["BlameBody"];
export type BlamedField = Schemas["BlamedField"];
export type Cause = Schemas["Cause"];
export type Change = Schemas["Change"];
export type ClustersBody = Schemas["ClustersBody"];
export type Coverage = Schemas["Coverage"];
export type DeadLettersBody = Schemas["DeadLettersBody"];
export type DiffBody = Schemas["DiffBody"];
export type EventBody = Schemas["EventBody"];
export type EventsBody = Schemas["EventsBody"];
export type AuditEvent = Schemas["Event"];
export type FacetsBody = Schemas["FacetsBody"];
export type FieldChange = Schemas["FieldChange"];
export type Gap = Schemas["Gap"];
export type HistogramBody = Schemas["HistogramBody"];
export type HistoryBody = Schemas["HistoryBody"];
export type Lane = Schemas["Lane"];
export type LaneEvent = Schemas["LaneEvent"];
export type LaneObject = Schemas["LaneObject"];
export type ListedObject = Schemas["ListedObject"];
export type NotifyStatus = Schemas["NotifyBody"];
export type ObjectName = Schemas["ObjectName"];
export type ObjectsBody = Schemas["ObjectsBody"];
export type ObjectVersion = Schemas["ObjectVersion"];
export type Problem = Schemas["Problem"];
export type Quarantine = Schemas["Quarantine"];
export type QuarantinesBody = Schemas["QuarantinesBody"];
export type RelatedBody = Schemas["RelatedBody"];
export type SourceStatus = Schemas["SourceBody"];
export type StatusBody = Schemas["StatusBody"];
export type StoryBody = Schemas["StoryBody"];
export type StoryRow = Schemas["StoryRow"];
export type TimelineBody = Schemas["TimelineBody"];
export type TurnedAway = Schemas["TurnedAway"];

export type ActorType = Actor["type"];
