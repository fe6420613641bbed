/** The shapes of the API under short names. They are generated: `make web-api`. */
import type { components, operations } from "./schema";

type Schemas = components["schemas"];

export type Config = Schemas["Config"];
export type Limits = Schemas["Limits"];
export type EnhanceForm = Schemas["EnhanceForm"];
export type EnhanceData = Schemas["EnhanceData"];
export type EnhanceResponse = Schemas["EnhanceResponse"];
export type ErrorResponse = Schemas["ErrorResponse"];
export type Face = Schemas["FaceOut"];
export type Metrics = Schemas["Metrics"];
export type Warning = Schemas["WarningOut"];

/** What is told of a photo while it is worked on. */
export type ServerEvent = operations["enhance"]["responses"][200]["content"]["text/event-stream"];

/** All that an answer tells, but for the picture itself. */
export type Facts = Omit<EnhanceData, "restored_image">;
