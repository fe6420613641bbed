import { ErrorBoundary } from "@/components/ui/ErrorBoundary";
import { Workbench } from "@/components/workbench/Workbench";

export default function Page() {
  return (
    <ErrorBoundary resetKey={null}>
      <Workbench />
    </ErrorBoundary>
  );
}
