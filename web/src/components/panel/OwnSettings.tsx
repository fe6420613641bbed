"use client";

import type { Config } from "@/api/types";
import { canProtect, denoisersOf, knows, type Options } from "@/photos/options";
import { presetsOf, QUALITIES, qualityInWords, restorerOf, usesNetwork } from "@/photos/quality";
import { restorerInWords } from "@/photos/restorers";
import { Check } from "@/components/ui/Check";
import { Choice } from "@/components/ui/Choice";
import { Range } from "@/components/ui/Range";
import { useWords } from "@/words/context";
import type { MessageKey, Words } from "@/words/words";
import { Example } from "./Example";
import { inWords, offered } from "./offered";

type Props = { options: Options; config: Config; onChange: (changes: Partial<Options>) => void };

export const FACES = {
  all: "options.faces.all",
  largest: "options.faces.largest",
  center: "options.faces.center",
} as const satisfies Record<Options["faces"], MessageKey>;

/** What is done with the faces, the colours and the time that it may take: each control, and what it does. */
export function OwnSettings({ options, config, onChange: set }: Props) {
  const t = useWords();
  const { limits, choices } = config;
  const restorers = choices.restorer ?? [];
  const usual = restorerOf({ ...options, restorer: null }, config);
  const presets = Object.keys(presetsOf(config));
  return (
    <>
      {presets.length > 0 && (
        <Choice
          legend={t("options.presets.title")}
          value={options.preset}
          choices={offered(inWords(QUALITIES, t), presets)}
          note={qualityInWords(options, config, t)}
          onChange={(preset) => set({ preset })}
        />
      )}
      <Range
        label={t("options.strength.title")}
        hint={t("options.strength.hint")}
        value={options.strength}
        bounds={limits.strength}
        stepsPerUnit={100}
        inWords={(value) => t("options.percent", { value })}
        onChange={(strength) => set({ strength })}
      />
      <Example name="strength" alt={t("options.strength.example")} />
      <Choice
        legend={t("options.faces.title")}
        value={options.faces}
        choices={offered(inWords(FACES, t), choices.faces)}
        note={t("options.faces.hint")}
        onChange={(faces) => set({ faces })}
      />
      {restorers.length > 1 && (
        <Choice
          legend={t("options.restorers.title")}
          value={options.restorer ?? usual}
          choices={Object.fromEntries(restorers.map((name) => [name, restorerInWords(name, t) ?? name]))}
          hints={Object.fromEntries(restorers.filter((name) => restorerInWords(name, t)).map((name) => [name, name]))}
          note={t("options.restorers.hint")}
          onChange={(name) => set({ restorer: name === usual ? null : name })}
        />
      )}
      <Check
        isChecked={options.identity_policy === "protect"}
        isDisabled={!canProtect(config)}
        hint={protectHint(config, t)}
        onChange={(isChecked) => set({ identity_policy: isChecked ? "protect" : "warn" })}
      >
        {t("options.likeness.title")}
      </Check>
      {knows(config, "color_lock") && (
        <Check
          isChecked={options.color_lock}
          hint={t("options.colorLock.hint")}
          onChange={(color_lock) => set({ color_lock })}
        >
          {t("options.colorLock.title")}
        </Check>
      )}
      <Check
        isChecked={options.color_correction === "auto"}
        hint={t("options.colors.hint")}
        onChange={(isChecked) => set({ color_correction: isChecked ? "auto" : "none" })}
      >
        {t("options.colors.title")}
      </Check>
      <Example name="colors" alt={t("options.colors.example")} />
      <Surroundings options={options} config={config} onChange={set} />
    </>
  );
}

const USUAL = "";

/** How what is around the faces is enlarged. */
function Surroundings({ options, config, onChange: set }: Props) {
  const t = useWords();
  const denoisers = denoisersOf(config);
  const upscalers = config.choices.upscaler ?? [];
  const isSharpened = usesNetwork(options, config);
  const byPreset = usesNetwork({ ...options, background: null }, config) ? "upscale" : "resample";
  const denoise = (denoise_strength: number) => {
    const isAble = options.upscaler !== null && denoisers.includes(options.upscaler);
    // The usual upscaler may not be able to leave noise.
    set({ denoise_strength, ...(denoise_strength < 1 && !isAble && { upscaler: denoisers[0] ?? null }) });
  };
  return (
    <>
      {config.choices.background !== undefined && (
        <>
          <Choice
            legend={t("options.background.title")}
            value={isSharpened ? "upscale" : "resample"}
            choices={offered(
              { resample: t("options.background.resample"), upscale: t("options.background.upscale") },
              config.choices.background,
            )}
            note={t("options.background.hint")}
            onChange={(background) => set({ background: background === byPreset ? null : background })}
          />
          <Example name="background" alt={t("options.background.example")} />
        </>
      )}
      {isSharpened && denoisers.length > 0 && (
        <Range
          label={t("options.denoise.title")}
          hint={t("options.denoise.hint")}
          value={options.denoise_strength}
          bounds={config.limits.denoise_strength}
          stepsPerUnit={100}
          inWords={(value) => t("options.percent", { value })}
          onChange={denoise}
        />
      )}
      {isSharpened && upscalers.length > 1 && (
        <Choice
          legend={t("options.upscaler.title")}
          value={options.upscaler ?? USUAL}
          choices={{
            [USUAL]: t("options.upscaler.usual"),
            ...Object.fromEntries(upscalers.map((name) => [name, name])),
          }}
          note={t("options.upscaler.hint")}
          onChange={(name) => set({ upscaler: name === USUAL ? null : name })}
        />
      )}
    </>
  );
}

function protectHint({ identity_recogniser: recogniser, identity_threshold: threshold }: Config, t: Words): string {
  if (recogniser === null || threshold === null) return t("options.likeness.unknown");
  return t("options.likeness.hint", { threshold, recogniser });
}
