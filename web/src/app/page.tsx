import { Boundary } from "@/components/workbench/ErrorBoundary";
import { Workbench } from "@/components/workbench/Workbench";

export default function Page() {
  return (
    <Boundary of={null}>
      <Workbench />
    </Boundary>
  );
}
