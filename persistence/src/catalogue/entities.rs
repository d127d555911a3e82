//! The rows of this room. Columns are primitive; what they mean is parsed next to each query.

/// An academy, the tenant.
pub(crate) mod academy {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "academy")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub slug: String,
        pub name: String,
        pub region: String,
        pub contact_email: String,
        pub time_zone: String,
        pub revision: i64,
        pub created_at: DateTimeUtc,
        pub updated_at: DateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What is offered.
pub(crate) mod programme {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "programme")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub academy_id: Uuid,
        pub slug: String,
        pub title: String,
        pub summary: String,
        pub description: Option<String>,
        pub format: String,
        pub status: String,
        pub topics: String,
        pub page: String,
        pub requires_taster: bool,
        pub commits_to_all_sessions: bool,
        pub requires_manager_agreement: bool,
        pub requires_nomination: bool,
        pub confidential: bool,
        pub eligibility: Option<String>,
        pub joining_form: String,
        pub search_text: String,
        pub revision: i64,
        pub created_at: DateTimeUtc,
        pub updated_at: DateTimeUtc,
        pub published_at: Option<DateTimeUtc>,
        pub archived_at: Option<DateTimeUtc>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A dated meeting of a programme, open to all.
pub(crate) mod taster {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "taster")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub academy_id: Uuid,
        pub programme_id: Uuid,
        pub title: String,
        pub starts_at: DateTimeUtc,
        pub ends_at: DateTimeUtc,
        pub time_zone: String,
        pub meeting: String,
        pub facilitator_id: Option<Uuid>,
        pub check_in_code: String,
        pub sealed_at: Option<DateTimeUtc>,
        pub revision: i64,
        pub created_at: DateTimeUtc,
        pub updated_at: DateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// One run of a programme.
pub(crate) mod cohort {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "cohort")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub academy_id: Uuid,
        pub programme_id: Uuid,
        pub title: String,
        pub description: Option<String>,
        pub announced_for: Option<String>,
        pub minimum: Option<i64>,
        pub minimum_decided_by: Option<DateTimeUtc>,
        pub minimum_decided_at: Option<DateTimeUtc>,
        pub interest_told_hours: Option<i64>,
        pub pass_on: bool,
        pub gate: String,
        pub joining_form: String,
        pub eligibility: Option<String>,
        pub confidential: bool,
        pub reserves: String,
        pub revision: i64,
        pub created_at: DateTimeUtc,
        pub updated_at: DateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// One dated meeting of a cohort.
pub(crate) mod session {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "session")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub academy_id: Uuid,
        pub cohort_id: Uuid,
        pub series_id: Option<Uuid>,
        pub title: String,
        pub starts_at: DateTimeUtc,
        pub ends_at: DateTimeUtc,
        pub time_zone: String,
        pub meeting: String,
        pub facilitator_id: Option<Uuid>,
        pub asks_for: Option<String>,
        pub adjustments_until: Option<DateTimeUtc>,
        pub revision: i64,
        pub created_at: DateTimeUtc,
        pub updated_at: DateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
