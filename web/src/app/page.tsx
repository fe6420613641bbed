import { Workbench } from "@/components/Workbench";

export default function Page() {
  return <Workbench />;
}
