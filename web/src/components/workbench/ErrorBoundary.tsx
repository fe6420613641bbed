"use client";

import { Component, type ContextType, type ReactNode } from "react";
import { LanguageContext } from "@/words/context";
import styles from "./ErrorBoundary.module.css";

type Props = {
  /** A new value renders the children again after they failed. */
  resetKey: unknown;
  children: ReactNode;
};

/** Catches errors thrown while its children render, so that an unexpected answer breaks only this part of the page. */
export class ErrorBoundary extends Component<Props, { hasFailed: boolean }> {
  static override contextType = LanguageContext;
  declare context: ContextType<typeof LanguageContext>;
  override state = { hasFailed: false };

  static getDerivedStateFromError() {
    return { hasFailed: true };
  }

  override componentDidUpdate({ resetKey }: Props) {
    if (this.state.hasFailed && resetKey !== this.props.resetKey) this.setState({ hasFailed: false });
  }

  override render() {
    if (!this.state.hasFailed) return this.props.children;
    return (
      <p className={styles.failed} role="alert">
        {this.context.t("app.failed")}
      </p>
    );
  }
}
