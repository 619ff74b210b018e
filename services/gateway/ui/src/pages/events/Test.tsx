/** Sends a test event now and shows what came of it. */
import { Button, Modal } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { IconSend } from "@tabler/icons-react";

import { api, unwrap } from "~/api/client";
import { ErrorNote } from "~/shared/Feedback";

import { AttemptView } from "./Attempt";
import { ENDPOINTS, type Endpoint } from "./queries";

export function TestButton({ endpoint }: { endpoint: Endpoint }) {
  const client = useQueryClient();
  const test = useMutation({
    mutationFn: () =>
      unwrap(api.POST("/api/event-endpoints/{endpointId}/test", { params: { path: { endpointId: endpoint.id } } })),
    onSettled: () => client.invalidateQueries({ queryKey: ENDPOINTS }),
  });
  return (
    <>
      <Button leftSection={<IconSend size={16} stroke={1.5} />} loading={test.isPending} onClick={() => test.mutate()}>
        Send a test
      </Button>
      <Modal
        opened={test.isSuccess || test.isError}
        onClose={test.reset}
        title={`A test for “${endpoint.name}”`}
        size={520}
        closeButtonProps={{ "aria-label": "Close" }}
      >
        {test.error && <ErrorNote what="It could not be sent." error={test.error} />}
        {test.data && <AttemptView attempt={test.data.attempt} opened />}
      </Modal>
    </>
  );
}
