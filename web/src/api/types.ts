/** Short names for the types of the API in schema.d.ts, which `make web-api` generates. */
import type { components, operations } from "./schema";

type Schemas = components["schemas"];

export type Config = Schemas["Config"];
export type Limits = Schemas["Limits"];
export type EnhanceForm = Schemas["EnhanceForm"];
export type EnhanceData = Schemas["EnhanceData"];
export type EnhanceResponse = Schemas["EnhanceResponse"];
export type DryRun = Schemas["DryRun"];
export type PhotoPreview = Schemas["PhotoPreview"];
export type DryRunResponse = Schemas["DryRunResponse"];
export type ErrorResponse = Schemas["ErrorResponse"];
export type Face = Schemas["FaceOut"];
export type Metrics = Schemas["Metrics"];
export type JobLimits = Schemas["JobLimits"];
export type Job = Schemas["JobOut"];
export type Batch = Schemas["BatchOut"];
export type Warning = Schemas["WarningOut"];

/** The events that the server sends while it works on a photo. */
export type ServerEvent = operations["enhance"]["responses"][200]["content"]["text/event-stream"];

/** The data of an answer without the picture. */
export type Facts = Omit<EnhanceData, "restored_image">;
