import { useEffect, useState } from "react";
import { whenLoginIsNeeded, type Refusal } from "../api/ask";
import { forgetToken } from "../api/token";
import { ChangesPage } from "../list/ChangesPage";
import { ObjectPage } from "../object/ObjectPage";
import { QuarantineList } from "../quarantine/QuarantineList";
import { StoryPage } from "../quarantine/StoryPage";
import { StatusPage } from "../status/StatusPage";
import { Boundary } from "./Boundary";
import { useAddress } from "./address";
import { Link } from "./Link";
import { LoginForm } from "./LoginForm";
import { objectPath, placeOf, type Place } from "./place";
import { TopBar } from "./TopBar";
import { ZoneProvider } from "./zone";
import { readZone } from "../time/zone";

export function App() {
  const address = useAddress();
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [login, setLogin] = useState(0);
  useEffect(() => {
    whenLoginIsNeeded(setRefusal);
  }, []);
  if (refusal !== null) {
    return (
      <LoginForm
        key={login}
        refusal={refusal}
        onToken={() => {
          setRefusal(null);
          setLogin(login + 1);
        }}
      />
    );
  }
  const place = placeOf(address.path);
  return (
    <ZoneProvider value={readZone(new URLSearchParams(address.search))}>
      <TopBar
        place={place}
        onLogout={() => {
          forgetToken();
          setLogin(login + 1);
        }}
      />
      <Boundary key={`${login} ${address.path}`}>
        <Page place={place} />
      </Boundary>
    </ZoneProvider>
  );
}

function Page({ place }: { place: Place }) {
  switch (place.page) {
    case "changes":
      return <ChangesPage />;
    case "object":
      return <ObjectPage key={objectPath(place.object)} object={place.object} />;
    case "quarantines":
      return <QuarantineList />;
    case "quarantine":
      return <StoryPage cluster={place.cluster} namespace={place.namespace} pod={place.pod} />;
    case "status":
      return <StatusPage />;
    case "unknown":
      return (
        <main className="page">
          <h1>There is nothing at this address</h1>
          <p>
            It may have been cut when it was copied. <Link path="/">See what changed lately</Link>.
          </p>
        </main>
      );
  }
}
