"use client";

import { Component, type ContextType, type ReactNode } from "react";
import { LanguageContext } from "@/words/context";
import styles from "./ErrorBoundary.module.css";

/** The name of the error where a script of the page cannot be fetched. */
const UNLOADED = "ChunkLoadError";

type Props = {
  /** A new value renders the children again after they failed. */
  resetKey: unknown;
  children: ReactNode;
};

type State = { hasFailed: boolean; isUnloaded: boolean };

/**
 * Catches errors thrown while its children render, so that an unexpected answer, or a script that cannot be fetched because
 * the server is gone, breaks only this part of the page.
 */
export class ErrorBoundary extends Component<Props, State> {
  static override contextType = LanguageContext;
  declare context: ContextType<typeof LanguageContext>;
  override state = { hasFailed: false, isUnloaded: false };

  static getDerivedStateFromError(error: unknown): State {
    return { hasFailed: true, isUnloaded: error instanceof Error && error.name === UNLOADED };
  }

  override componentDidUpdate({ resetKey }: Props) {
    if (this.state.hasFailed && resetKey !== this.props.resetKey) this.setState({ hasFailed: false });
  }

  override render() {
    if (!this.state.hasFailed) return this.props.children;
    return (
      <p className={styles.failed} role="alert">
        {this.context.t(this.state.isUnloaded ? "app.unloaded" : "app.failed")}
      </p>
    );
  }
}
