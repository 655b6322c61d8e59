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
    root INTEGER NOT NULL,
    place INTEGER NOT NULL,
    run INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    key TEXT NOT NULL,
    fence INTEGER NOT NULL,
    time REAL NOT NULL,
    body TEXT NOT NULL,
    crc INTEGER NOT NULL,
    salt BLOB,
    hash BLOB NOT NULL,
    PRIMARY KEY (root, place)
) WITHOUT ROWID;
INSERT INTO "events" VALUES(1,1,1,1,'1/say#1',1,1.70000000014285707473e+09,'{"v":1,"type":"step","value":"hello"}',1480207504,X'D4E4479C0902B7446E24433C215142DD',X'C6E20A3DD7FCFE4419D349F8AC2730BEBE8144A350D5FF926B9148824BD6574E');
INSERT INTO "events" VALUES(1,2,2,1,'1/say#1',1,1.70000000014285707473e+09,'{"v":1,"type":"step","value":"hello"}',1480207504,X'231EBF346A9218E96584D19A33D3F9D5',X'C43222A3BDC2A87117C93829E33BFC73185605E52533EFC2FB4B6ACEA1641366');
INSERT INTO "events" VALUES(1,3,1,2,'1/say#2',1,1.70000000028571438782e+09,'{"v":1,"type":"step","value":"hello"}',1480207504,X'99776B6168C6E6BA752E6B06B938A45B',X'60F95910B92386156030C64E190332993966362B8D68C251FB8FDBB96F8F4E25');
INSERT INTO "events" VALUES(3,1,3,1,'1/say#1',1,1.70000000014285707473e+09,'{"v":1,"type":"step","value":"\u00e9\u0000"}',-1925885729,X'1EC4523B4E12399FA482C38DEBDD190A',X'48C23177F3A1C06234FB7D04D322F27DA13195B7DD47810132ED293C685C95D3');
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
    root INTEGER NOT NULL,
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
INSERT INTO "requests" VALUES(1,'done:1',1,1,'1/ask#done:1',1,0,1700000000.5,1.0e+18,2,'{"id":"done:1","prompt":"Pay?","agent":"bot","moment":"decision","decisions":["approve","reject"],"to":["clerk"],"need":2}','{"request_id":"done:1","votes":[{"request_id":"done:1","by":"ada","channel":"inbox","decision":{"verb":"approve"}}]}','{"request_id":"done:1","by":"bob","channel":"inbox","decision":{"verb":"approve"},"votes":[{"request_id":"done:1","by":"ada","channel":"inbox","decision":{"verb":"approve"}}]}','d1',1700000000.5,NULL);
INSERT INTO "requests" VALUES(2,'waits:1',3,3,'1/ask#waits:1',0,1,1700000000.5,4000000000.0,4,'{"id":"waits:1","prompt":"Pay?","agent":"bot","moment":"decision","decisions":["approve","reject"],"deadline":4000000000.0,"level":1}',NULL,NULL,NULL,NULL,'[{"level":0,"status":"expired","at":1700000000.5}]');
CREATE TABLE runs (
    run INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    root INTEGER,
    turn INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    head BLOB,
    place INTEGER,
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
INSERT INTO "runs" VALUES(1,'done',NULL,1,2,X'60F95910B92386156030C64E190332993966362B8D68C251FB8FDBB96F8F4E25',3,5,1,NULL,NULL,NULL,1,1700000000.5,1700000000.5,'all said','{"is":"chat","people":{"ada":["clerk"]}}');
INSERT INTO "runs" VALUES(2,'done/in',1,0,1,X'C43222A3BDC2A87117C93829E33BFC73185605E52533EFC2FB4B6ACEA1641366',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "runs" VALUES(3,'waits',NULL,0,1,X'48C23177F3A1C06234FB7D04D322F27DA13195B7DD47810132ED293C685C95D3',1,2,1,NULL,NULL,4000000000.0,3,1700000000.5,1700000000.5,'','{"is":"chat","people":null}');
CREATE TABLE seals (
    seal INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    body TEXT NOT NULL,
    hash BLOB NOT NULL
);
INSERT INTO "seals" VALUES(1,1700000000.5,'[["done",2,"60f95910b92386156030c64e190332993966362b8d68c251fb8fdbb96f8f4e25"],["done/in",1,"c43222a3bdc2a87117c93829e33bfc73185605e52533efc2fb4b6acea1641366"],["waits",1,"48c23177f3a1c06234fb7d04d322f27da13195b7dd47810132ed293c685c95d3"]]',X'44764081C7658BFD5F123B42530227147FDCDD69A6F328C199925701CE6AB494');
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
CREATE INDEX requests_root ON requests (root, status);
CREATE INDEX requests_due ON requests (due, request, people, status) WHERE status = 0;
CREATE INDEX controls_root ON controls (root);
CREATE INDEX outbox_due ON outbox (due) WHERE due IS NOT NULL;
CREATE INDEX outbox_root ON outbox (root);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('runs',3);
INSERT INTO "sqlite_sequence" VALUES('controls',1);
COMMIT;
