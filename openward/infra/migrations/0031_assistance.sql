-- Virtual nursing: places of a practice, the devices at its beds, and requests for assistance.
create schema assistance;

create table assistance.location (
    key uuid primary key,
    organization uuid not null,
    name text not null,
    geolocation_id uuid,                 -- what other systems call the place
    room uuid,                           -- the waiting room that visits of this place go to
    created_at timestamptz not null
);
create index location_of on assistance.location (organization);

create table assistance.device (
    key uuid primary key,
    organization uuid not null,
    number bigint not null generated always as identity, -- what wires call the care location
    serial_number text not null,
    care_location text not null,
    location uuid references assistance.location,
    building text not null,              -- "" in these five: not said
    floor text not null,
    department text not null,
    room text not null,
    bed text not null,
    patient_mrn text not null,           -- who lies in the bed; "": nobody
    is_active boolean not null default true,
    seen_at timestamptz,                 -- when the device reported last
    created_at timestamptz not null
);
create unique index device_serial on assistance.device (organization, lower(serial_number));
create index device_patient on assistance.device (organization, lower(patient_mrn)) where patient_mrn <> '';
create index device_room on assistance.device (organization, lower(room)) where room <> '';

create table assistance.request (
    key uuid primary key,
    organization uuid not null,
    device uuid not null references assistance.device,
    person uuid,                         -- who lay in the bed; null: nobody we know
    status text not null,
    assigned_to uuid,
    is_external boolean not null,        -- asked for by a program
    created_at timestamptz not null,
    finished_at timestamptz,
    check ((finished_at is null) = (status in ('incomplete', 'in progress')))
);
create unique index request_open on assistance.request (device) where finished_at is null;
create index request_waiting on assistance.request (organization, created_at, key) where finished_at is null;
create index request_of on assistance.request (device);
