export * from "./document.ts";
export * from "./editor-schema.ts";
export * from "./form.ts";
export * from "./read-file.ts";
