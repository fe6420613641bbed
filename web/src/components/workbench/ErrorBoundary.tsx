"use client";

import { Component, type ReactNode } from "react";
import styles from "./ErrorBoundary.module.css";

type Props = {
  /** What is shown; for another one it is tried anew. */
  of: unknown;
  children: ReactNode;
};

/** Holds up what fails inside it: an answer that nobody foresaw costs this part of the page, and nothing else. */
export class Boundary extends Component<Props, { hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError() {
    return { hasFailed: true };
  }

  override componentDidUpdate({ of }: Props) {
    if (this.state.hasFailed && of !== this.props.of) this.setState({ hasFailed: false });
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
