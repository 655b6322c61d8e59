BEGIN TRANSACTION;
CREATE TABLE bodies (
    hash TEXT PRIMARY KEY,
    uses INTEGER NOT NULL,
    body TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE controls (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    root INTEGER NOT NULL,
    at REAL NOT NULL,
    body TEXT NOT NULL
);
INSERT INTO "controls" VALUES(1,3,1700000000.5,'{"action":"say","text":"hello","by":"ada","force":false}');
CREATE TABLE events (
    place INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    key TEXT NOT NULL,
    fence INTEGER NOT NULL,
    time REAL NOT NULL,
    body TEXT NOT NULL,
    crc INTEGER NOT NULL,
    salt BLOB,
    hash BLOB NOT NULL
);
INSERT INTO "events" VALUES(16777217,1,1,'1/say#1',1,1.70000000014285707473e+09,'{"v":1,"type":"step","value":"hello"}',1480207504,X'7727D826CD9182164DBC6EF18F45F25F',X'D1732781124C9351FD0637032953F94E45B4D128925A048D46956A153C683201');
INSERT INTO "events" VALUES(16777218,2,1,'1/say#1',1,1.70000000014285707473e+09,'{"v":1,"type":"step","value":"hello"}',1480207504,X'1FAB1C20CCE6AE3053CEA3EFDA83AC19',X'07DEE5D86322E78AB9FD284C1B2D5B2552E1969C70406ED3F1C1F083C3A2B861');
INSERT INTO "events" VALUES(16777219,1,2,'1/say#2',1,1.70000000028571438782e+09,'{"v":1,"type":"step","value":"hello"}',1480207504,X'2A8B71C1E5A596D37D5C788CC28D77A1',X'C30A2344093B8B8DF2B3F1BDF4E77878153B626CA6E9B2CE2BD69BF1519A0D31');
INSERT INTO "events" VALUES(50331649,3,1,'1/say#1',1,1.70000000014285707473e+09,'{"v":1,"type":"step","value":"\u00e9\u0000"}',-1925885729,X'CF2BF5D68B97871E03394884614F7301',X'4B43890AABCB11A03C5DC59D8C8814D9897A64BB6E1BD972033111A9AF7E8428');
CREATE TABLE gone (
    id TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    head BLOB NOT NULL,
    at REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE lists (
    list INTEGER PRIMARY KEY,
    names TEXT NOT NULL UNIQUE
);
INSERT INTO "lists" VALUES(1,'["bot","user@2"]');
INSERT INTO "lists" VALUES(2,'["clerk"]');
INSERT INTO "lists" VALUES(3,'["bot"]');
INSERT INTO "lists" VALUES(4,'[]');
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "meta" VALUES('changes','11');
INSERT INTO "meta" VALUES('clock','1700000000.5 100.25 boot');
INSERT INTO "meta" VALUES('start','1700000000.5 100.25 boot');
INSERT INTO "meta" VALUES('version','1');
CREATE TABLE outbox (
    message INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    root INTEGER NOT NULL,
    request TEXT NOT NULL,
    level INTEGER NOT NULL,
    target TEXT NOT NULL,
    body TEXT NOT NULL,
    due REAL,
    attempts INTEGER NOT NULL,
    status INTEGER NOT NULL,
    error TEXT
);
INSERT INTO "outbox" VALUES(1,'m1',3,'waits:1',1,'http://here','{}',1700000000.5,0,0,NULL);
CREATE TABLE requests (
    request INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    run INTEGER NOT NULL,
    key TEXT NOT NULL,
    status INTEGER NOT NULL,
    level INTEGER NOT NULL,
    asked REAL NOT NULL,
    due REAL NOT NULL,
    people INTEGER NOT NULL,
    body TEXT NOT NULL,
    votes TEXT,
    reply TEXT,
    decision TEXT,
    decided REAL,
    history TEXT
);
INSERT INTO "requests" VALUES(16777216,'done:1',1,'1/ask#done:1',1,0,1700000000.5,1.0e+18,2,'{"id":"done:1","prompt":"Pay?","agent":"bot","moment":"decision","decisions":["approve","reject"],"to":["clerk"],"need":2}','{"request_id":"done:1","votes":[{"request_id":"done:1","by":"ada","channel":"inbox","decision":{"verb":"approve"}}]}','{"request_id":"done:1","by":"bob","channel":"inbox","decision":{"verb":"approve"},"votes":[{"request_id":"done:1","by":"ada","channel":"inbox","decision":{"verb":"approve"}}]}','d1',1700000000.5,NULL);
INSERT INTO "requests" VALUES(50331648,'waits:1',3,'1/ask#waits:1',0,1,1700000000.5,4000000000.0,4,'{"id":"waits:1","prompt":"Pay?","agent":"bot","moment":"decision","decisions":["approve","reject"],"deadline":4000000000.0,"level":1}',NULL,NULL,NULL,NULL,'[{"level":0,"status":"expired","at":1700000000.5}]');
CREATE TABLE runs (
    run INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    root INTEGER,
    turn INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    head BLOB,
    status INTEGER,
    fence INTEGER,
    worker TEXT,
    lease REAL,
    wake REAL,
    agents INTEGER,
    started REAL,
    updated REAL,
    reason TEXT,
    spec TEXT
);
INSERT INTO "runs" VALUES(1,'done',NULL,1,2,X'C30A2344093B8B8DF2B3F1BDF4E77878153B626CA6E9B2CE2BD69BF1519A0D31',5,1,NULL,NULL,NULL,1,1700000000.5,1700000000.5,'all said','{"is":"chat","people":{"ada":["clerk"]}}');
INSERT INTO "runs" VALUES(2,'done/in',1,0,1,X'07DEE5D86322E78AB9FD284C1B2D5B2552E1969C70406ED3F1C1F083C3A2B861',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "runs" VALUES(3,'waits',NULL,0,1,X'4B43890AABCB11A03C5DC59D8C8814D9897A64BB6E1BD972033111A9AF7E8428',2,1,NULL,NULL,4000000000.0,3,1700000000.5,1700000000.5,'','{"is":"chat","people":null}');
CREATE TABLE seals (
    seal INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    body TEXT NOT NULL,
    hash BLOB NOT NULL
);
INSERT INTO "seals" VALUES(1,1700000000.5,'[["done",2,"c30a2344093b8b8df2b3f1bdf4e77878153b626ca6e9b2ce2bd69bf1519a0d31"],["done/in",1,"07dee5d86322e78ab9fd284c1b2d5b2552e1969c70406ed3f1c1f083c3a2b861"],["waits",1,"4b43890aabcb11a03c5dc59d8c8814d9897a64bb6e1bd972033111a9af7e8428"]]',X'6E2674108A1F5343B3AB37CD2FBD780D539C63EF4C536D13F777DF2EE7B28CD0');
CREATE TABLE timers (
    root INTEGER NOT NULL,
    run INTEGER NOT NULL,
    key TEXT NOT NULL,
    due REAL NOT NULL,
    PRIMARY KEY (root, run, key)
) WITHOUT ROWID;
INSERT INTO "timers" VALUES(3,3,'1/sleep',4000000000.0);
CREATE TABLE workers (name TEXT PRIMARY KEY, agents INTEGER NOT NULL, seen REAL NOT NULL) WITHOUT ROWID;
INSERT INTO "workers" VALUES('host:1:x',3,1700000000.5);
CREATE INDEX runs_root ON runs (root) WHERE root IS NOT NULL;
CREATE INDEX runs_wake ON runs (status, agents, wake) WHERE wake IS NOT NULL;
CREATE INDEX runs_worker ON runs (worker) WHERE worker IS NOT NULL;
CREATE INDEX requests_due ON requests (due, asked, request, people, status) WHERE status = 0;
CREATE INDEX controls_root ON controls (root);
CREATE INDEX outbox_due ON outbox (due) WHERE due IS NOT NULL;
CREATE INDEX outbox_root ON outbox (root);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('runs',3);
INSERT INTO "sqlite_sequence" VALUES('controls',1);
COMMIT;
