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
INSERT INTO "events" VALUES(16777217,1,1,'1/say#1',1,1.70000000014285707473e+09,'{"v":1,"type":"step","value":"hello"}',1555508383,X'4E2533D3F7B5D82C4CD835D2464274D8',X'9F9217DC37C907478FA476535F5577B02A35499CB3DFF88B0DF35A99C267E05A');
INSERT INTO "events" VALUES(16777218,2,1,'1/say#1',1,1.70000000014285707473e+09,'{"v":1,"type":"step","value":"hello"}',1555508383,X'8AE27CF11BEB906790CFBABB93A28309',X'4B8F7B6D7F53FF98460D54D0441090BFF0F71BFBA6A23958BB7F4825BC8E9EB9');
INSERT INTO "events" VALUES(16777219,1,2,'1/say#2',1,1.70000000028571438782e+09,'{"v":1,"type":"step","value":"hello"}',-895891755,X'ED9A7B493F3C435F19A1909A3E8A0DD2',X'DE1C365F32E732B47004C134AFFA0A24C998526DFDC8F634F27E05BDE2D63BA0');
INSERT INTO "events" VALUES(50331649,3,1,'1/say#1',1,1.70000000014285707473e+09,'{"v":1,"type":"step","value":"\u00e9\u0000"}',-1117142206,X'7CC5415A8C2AA049E5AC8149FF0C08B1',X'C697E3AA2FBEF333B2308C10F19A6522B18B82D85C1377A08822C389554A001D');
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
INSERT INTO "runs" VALUES(1,'done',NULL,1,2,X'DE1C365F32E732B47004C134AFFA0A24C998526DFDC8F634F27E05BDE2D63BA0',5,1,NULL,NULL,NULL,1,1700000000.5,1700000000.5,'all said','{"is":"chat","people":{"ada":["clerk"]}}');
INSERT INTO "runs" VALUES(2,'done/in',1,0,1,X'4B8F7B6D7F53FF98460D54D0441090BFF0F71BFBA6A23958BB7F4825BC8E9EB9',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "runs" VALUES(3,'waits',NULL,0,1,X'C697E3AA2FBEF333B2308C10F19A6522B18B82D85C1377A08822C389554A001D',2,1,NULL,NULL,4000000000.0,3,1700000000.5,1700000000.5,'','{"is":"chat","people":null}');
CREATE TABLE seals (
    seal INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    body TEXT NOT NULL,
    hash BLOB NOT NULL
);
INSERT INTO "seals" VALUES(1,1700000000.5,'[["done",2,"de1c365f32e732b47004c134affa0a24c998526dfdc8f634f27e05bde2d63ba0"],["done/in",1,"4b8f7b6d7f53ff98460d54d0441090bff0f71bfba6a23958bb7f4825bc8e9eb9"],["waits",1,"c697e3aa2fbef333b2308c10f19a6522b18b82d85c1377a08822c389554a001d"]]',X'79440701DEB5B7854C3936852CBD742B35A28D6BDF2E73184B88F554366C6C03');
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
