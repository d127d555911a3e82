//! Labelled lists (ACC-9).

use super::entities::reference_item;
use crate::governance::AuditRow;
use crate::{Access, Result, StoreError, Work};
use domain::identity::LabelledList;
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

/// One entry of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferenceItem {
    /// Which list.
    pub list: LabelledList,
    /// `[a-z][a-z0-9_]{0,39}`
    pub code: String,
    /// As people read it.
    pub label: String,
}

/// All lists, each in its order.
///
/// # Errors
/// When the database doesn't answer.
pub async fn all(db: &impl Access) -> Result<Vec<ReferenceItem>> {
    let rows = reference_item::Entity::find()
        .order_by_asc(reference_item::Column::List)
        .order_by_asc(reference_item::Column::Position)
        .all(db.connection())
        .await?;
    rows.into_iter()
        .map(|row| {
            let list = LabelledList::parse(&row.list);
            let list = list.ok_or_else(|| StoreError::corrupt("reference_item", "list", &row.code))?;
            Ok(ReferenceItem { list, code: row.code, label: row.label })
        })
        .collect()
}

/// Puts an entry at the end of its list; false when the code is taken.
///
/// # Errors
/// When the database doesn't answer.
pub async fn add(work: &mut Work, item: &ReferenceItem) -> Result<bool> {
    let list = item.list.as_str();
    let last = reference_item::Entity::find()
        .filter(reference_item::Column::List.eq(list))
        .order_by_desc(reference_item::Column::Position)
        .one(work.connection())
        .await?;
    let taken = reference_item::Entity::find_by_id((list.to_owned(), item.code.clone()));
    if taken.one(work.connection()).await?.is_some() {
        return Ok(false);
    }
    let row = reference_item::ActiveModel {
        list: Set(list.to_owned()),
        code: Set(item.code.clone()),
        label: Set(item.label.clone()),
        position: Set(last.map_or(1, |row| row.position + 1)),
    };
    row.insert(work.connection()).await?;
    work.audit(AuditRow {
        academy_id: None,
        action: "list_extended",
        subject_kind: "reference_item",
        subject_id: None,
        detail: json!({ "list": list, "code": item.code }),
    });
    Ok(true)
}
