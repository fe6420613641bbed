import { Boundary } from "@/components/Boundary";
import { Workbench } from "@/components/Workbench";

export default function Page() {
  return (
    <Boundary of={null}>
      <Workbench />
    </Boundary>
  );
}
