-- A member is told what stewards decided about words or pictures of their profile.
ALTER TABLE notifications DROP CONSTRAINT notifications_kind_check;
ALTER TABLE notifications ADD CONSTRAINT notifications_kind_check CHECK (kind IN ('mention', 'boost', 'favourite',
  'follow', 'follow_request', 'poll', 'post', 'edit', 'sign_up', 'moderation_warning', 'profile_decision', 'report_outcome',
  'alarm', 'notice'));

-- A device that shows other decisions shows these.
UPDATE push_subscriptions SET alerts = array_append(alerts, 'profile_decision') WHERE 'moderation_warning' = ANY (alerts);
