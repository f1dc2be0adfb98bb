//! Batches of CloudWatch Logs subscriptions, which carry the audit log of EKS: as such, as Lambda gets them (`awslogs`), and
//! as Kinesis has them.

use std::borrow::Cow;

use taffrail_event::json;

use super::object::Object;
use super::{Around, Opener, Recipient};

impl<R: Recipient> Opener<'_, R> {
    pub(super) fn cloudwatch(&mut self, object: &Object<'_>, around: &Around) -> Result<bool, R::Error> {
        let data =
            object.object("awslogs").or_else(|| object.object("kinesis")).and_then(|inner| inner.get("data"));
        if let Some([b'"', data @ .., b'"']) = data {
            self.unpack(data, &around.within("a record for Lambda"))?;
            return Ok(true);
        }
        let Some(events) = object.array("logEvents") else { return Ok(false) };
        // CloudWatch asks now and then whether the destination is there.
        if object.text("messageType").is_some_and(|kind| kind == "CONTROL_MESSAGE") {
            self.recipient.skipped();
            return Ok(true);
        }
        let batch = Around {
            api_server: object.text("logStream").map(Cow::into_owned).or_else(|| around.api_server.clone()),
            ..around.within("a batch of CloudWatch Logs")
        };
        for event in json::elements(events) {
            let event = Object::of(&events[event]);
            let around = Around { time: event.time("timestamp").or(batch.time), ..batch.clone() };
            match event.get("message") {
                Some(message) => self.content(message, &around)?,
                None => self.recipient.skipped(),
            }
        }
        Ok(true)
    }
}
