"use client";

import { Component, type ReactNode } from "react";
import styles from "./ErrorBoundary.module.css";

type Props = {
  /** A new value renders the children again after they failed. */
  resetKey: unknown;
  children: ReactNode;
};

/** Catches errors thrown while its children render, so that an unexpected answer breaks only this part of the page. */
export class ErrorBoundary extends Component<Props, { hasFailed: boolean }> {
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
        The server’s answer cannot be shown: it may be of another version than this page.
      </p>
    );
  }
}
