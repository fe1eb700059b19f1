//! Who takes part in a course, and as what.

use std::collections::BTreeSet;

use sea_orm::sea_query::{Condition, Expr};
use sea_orm::{
    ActiveEnum, ActiveModelBehavior, ColumnTrait, ConnectionTrait, DbErr, DeriveActiveEnum, DeriveEntityModel,
    DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Value,
};

use crate::clock::Timestamp;
use crate::course;
use crate::course::role;
use crate::identity::user::{self, Person};
use crate::statement::Rows;
use crate::submission::work::standing::Standing;
use crate::viewer::{Permission, ViewerScope};
use crate::visible::{Arm, Viewable, about_oneself, arms, in_courses, reviewed};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "enrollment")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub user_id: i64,
    pub course_id: i64,
    /// As what they take part.
    pub role: Role,
    /// The course's own role that they were given, which says what they may.
    pub role_id: Option<i64>,
    /// Whether the course is theirs: they may everything in it, and nobody takes that from them.
    pub owner: bool,
    pub created_at: Timestamp,
    /// The number by which their school knows them.
    pub student_number: Option<String>,
    /// The name of their account on the machines of the class.
    pub class_account: Option<String>,
    /// The lab or exercise group that they go to.
    pub lab_section: Option<String>,
}

impl Model {
    fn cells(&self) -> [Value; 9] {
        [
            self.user_id.into(),
            self.course_id.into(),
            self.role.word().into(),
            self.role_id.into(),
            self.owner.into(),
            self.created_at.into(),
            self.student_number.clone().into(),
            self.class_account.clone().into(),
            self.lab_section.clone().into(),
        ]
    }

    /// What they may in the course, which has these roles.
    #[must_use]
    pub fn allows(&self, roles: &[role::Model]) -> BTreeSet<Permission> {
        if self.owner { Permission::ALL.into_iter().collect() } else { role::effective(roles, self.role, self.role_id) }
    }
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row!(Model, course CourseId, {
    id: Id,
    user_id: UserId,
    course_id: CourseId,
    role: Role,
    role_id: RoleId,
    owner: Owner,
    created_at: CreatedAt,
    student_number: StudentNumber,
    class_account: ClassAccount,
    lab_section: LabSection,
});

/// As what somebody takes part in a course. What it allows usually is here; a course may [say otherwise](super::role).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum Role {
    #[sea_orm(string_value = "student")]
    Student,
    #[sea_orm(string_value = "lab_assistant")]
    LabAssistant,
    #[sea_orm(string_value = "grader")]
    Grader,
    #[sea_orm(string_value = "teaching_assistant")]
    TeachingAssistant,
    #[sea_orm(string_value = "instructor")]
    Instructor,
}

impl Role {
    /// The word for it, as it is stored.
    #[must_use]
    pub fn word(self) -> String {
        ActiveEnum::to_value(&self)
    }

    /// What it usually allows.
    #[must_use]
    pub fn permissions(self) -> &'static [Permission] {
        use Permission::{Attend, Grade, GrantExtensions, Preview, ReviewWork, SeeRoster};
        match self {
            Self::Student => &[Attend],
            Self::LabAssistant => &[Attend, Preview],
            Self::Grader => &[Attend, Preview, ReviewWork, Grade, SeeRoster],
            Self::TeachingAssistant => &[Attend, Preview, ReviewWork, Grade, SeeRoster, GrantExtensions],
            Self::Instructor => &Permission::ALL,
        }
    }
}

/// One's own enrollments, and the rosters that one may see.
impl Viewable for Entity {
    fn arms(scope: &ViewerScope) -> Vec<Arm> {
        arms(
            scope,
            [
                about_oneself(Column::UserId, Column::CourseId, scope),
                in_courses(Column::CourseId, scope.courses(Permission::SeeRoster)),
            ],
        )
    }
}

/// Whom of a roster somebody wants to see; everybody when nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Choice {
    /// Only those with this role.
    pub role: Option<Role>,
    /// Only this person.
    pub person: Option<i64>,
    /// Only those of this lab section.
    pub lab_section: Option<String>,
    /// Only students who stand so with an assignment, at that time.
    pub standing: Option<(i64, Standing, Timestamp)>,
}

crate::to_many! {
    /// From a course to its roster.
    OfCourse: course::Model => Model, same_course, CourseId |row| row.course_id, Id |row| row.id; {
        type Choice = Choice;

        fn meant(choice: &Choice, scope: &ViewerScope) -> Condition {
            let standing = choice.standing.map(|(assignment, standing, now)| {
                standing.of_students(assignment, now).add(reviewed(Column::CourseId, scope))
            });
            Condition::all()
                .add_option(standing)
                .add_option(choice.role.map(|role| Column::Role.eq(role)))
                .add_option(choice.person.map(|person| Column::UserId.eq(person)))
                .add_option(choice.lab_section.as_deref().map(|section| Column::LabSection.eq(section)))
        }
    }
}

crate::to_many! {
    /// From a person to their enrollments.
    OfPerson: Person => Model, any_course, UserId |row| row.user_id, Id |row| row.id
}

/// The longest text that a roster has of somebody, in characters.
pub const TEXT_LENGTH: usize = 100;

/// A student number, the name of an account or of a lab section as it is stored: trimmed, in one line; none for nothing.
///
/// # Errors
/// When it cannot be one: the length that it may have.
pub fn normal_text(text: &str) -> Result<Option<String>, usize> {
    let text = text.trim();
    let good = text.chars().count() <= TEXT_LENGTH && !text.contains(char::is_control);
    if good { Ok((!text.is_empty()).then(|| text.to_owned())) } else { Err(TEXT_LENGTH) }
}

/// Who may that in a course because they take part in it, in the order in which they came.
///
/// # Errors
/// When the database does not answer.
pub async fn who_may(db: &impl ConnectionTrait, course: i64, permission: Permission) -> Result<Vec<i64>, DbErr> {
    Ok(allowed(db, course, permission).await?.into_iter().map(|row| row.user_id).collect())
}

/// Those of them whom somebody of the course would ask first: who are of the same lab section, where there are some, else all. Nobody asks
/// themselves.
///
/// # Errors
/// When the database does not answer.
pub async fn whom_to_ask(
    db: &impl ConnectionTrait,
    course: i64,
    permission: Permission,
    person: i64,
) -> Result<Vec<i64>, DbErr> {
    let own = Entity::find().filter(Column::CourseId.eq(course)).filter(Column::UserId.eq(person)).one(db).await?;
    let section = own.and_then(|own| own.lab_section);
    let mut rows = allowed(db, course, permission).await?;
    rows.retain(|row| row.user_id != person);
    if section.is_some() && rows.iter().any(|row| row.lab_section == section) {
        rows.retain(|row| row.lab_section == section);
    }
    Ok(rows.into_iter().map(|row| row.user_id).collect())
}

async fn allowed(db: &impl ConnectionTrait, course: i64, permission: Permission) -> Result<Vec<Model>, DbErr> {
    let roles = role::of_course(db, course).await?;
    // Students with rights of their own are few, and the others are many.
    let plain = Condition::all()
        .add(Column::Role.eq(Role::Student))
        .add(Column::RoleId.is_null())
        .add(Column::Owner.eq(false))
        .not();
    let everybody = role::effective(&roles, Role::Student, None).contains(&permission);
    let rows = Entity::find()
        .filter(Column::CourseId.eq(course))
        .filter(Condition::all().add_option((!everybody).then_some(plain)))
        .order_by_asc(Column::Id)
        .all(db)
        .await?;
    Ok(rows.into_iter().filter(|row| row.allows(&roles).contains(&permission)).collect())
}

/// The person with that address, as somebody wrote it, who takes part in a course.
///
/// # Errors
/// When the database does not answer.
pub async fn taking_part(db: &impl ConnectionTrait, course: i64, address: &str) -> Result<Option<i64>, DbErr> {
    let Some(address) = user::normal_email(address) else { return Ok(None) };
    let Some(person) = user::by_email(db, &address).await? else { return Ok(None) };
    let part = Entity::find().filter(Column::UserId.eq(person.id)).filter(Column::CourseId.eq(course));
    Ok(part.one(db).await?.map(|part| part.user_id))
}

/// The same; nobody takes them off the roster before the transaction ends.
///
/// # Errors
/// When the database does not answer.
pub async fn keep_taking_part(tx: &impl ConnectionTrait, course: i64, address: &str) -> Result<Option<i64>, DbErr> {
    let Some(person) = taking_part(tx, course, address).await? else { return Ok(None) };
    let part = Entity::find().filter(Column::UserId.eq(person)).filter(Column::CourseId.eq(course));
    Ok(part.lock_shared().one(tx).await?.map(|part| part.user_id))
}

/// Leaves everybody with their kind who was given that role of a course's own; how many they were.
///
/// # Errors
/// When the database does not answer.
pub async fn without_role(tx: &impl ConnectionTrait, role: i64) -> Result<u64, DbErr> {
    let theirs = Entity::update_many().col_expr(Column::RoleId, Expr::value(None::<i64>));
    Ok(theirs.filter(Column::RoleId.eq(role)).exec(tx).await?.rows_affected)
}

/// Puts these on the roster of their course, or changes what it says of them. Whose a course is stays.
///
/// # Errors
/// When the database does not answer.
pub async fn put(tx: &impl ConnectionTrait, people: &[Model]) -> Result<(), DbErr> {
    const AT_ONCE: usize = 500;
    for people in people.chunks(AT_ONCE) {
        let rows: Rows = people.iter().map(Model::cells).collect();
        let text = "INSERT INTO enrollment (user_id, course_id, role, role_id, owner, created_at, student_number, class_account, lab_section) \
             SELECT * FROM {rows} AS v WHERE true ON CONFLICT (user_id, course_id) DO UPDATE SET role = excluded.role, \
               role_id = excluded.role_id, student_number = excluded.student_number, class_account = excluded.class_account, \
               lab_section = excluded.lab_section";
        tx.execute_raw(rows.statement(tx.get_database_backend(), text)).await?;
    }
    Ok(())
}

/// The parts of these people in a course, which nobody else changes before the transaction has ended.
///
/// # Errors
/// When the database does not answer.
pub async fn lock(tx: &impl ConnectionTrait, course: i64, people: &[i64]) -> Result<Vec<Model>, DbErr> {
    const AT_ONCE: usize = 1_000;
    let mut found = Vec::new();
    for people in people.chunks(AT_ONCE) {
        let theirs = Entity::find().filter(Column::CourseId.eq(course)).filter(Column::UserId.is_in(people.to_vec()));
        found.extend(theirs.order_by_asc(Column::Id).lock_exclusive().all(tx).await?);
    }
    Ok(found)
}

/// Takes what names a person besides their account out of all rosters.
///
/// # Errors
/// When the database does not answer.
pub async fn forget(tx: &impl ConnectionTrait, user: i64) -> Result<(), DbErr> {
    let theirs = Entity::update_many()
        .col_expr(Column::StudentNumber, Expr::value(None::<String>))
        .col_expr(Column::ClassAccount, Expr::value(None::<String>));
    theirs.filter(Column::UserId.eq(user)).exec(tx).await.map(drop)
}

crate::to_one! {
    /// From a part in a course to the course's own role that was given for it.
    OwnRole: Model => role::Model, RoleId |row| row.role_id
}

crate::to_one! {
    /// From an enrollment to the person.
    Of: Model => Person, UserId |row| Some(row.user_id)
}

crate::to_one! {
    /// From an enrollment to the course.
    In: Model => course::Model, CourseId |row| Some(row.course_id)
}

crate::to_many! {
    /// From a course to the viewer's own enrollment.
    OwnOfCourse: course::Model => Model, same_course, CourseId |row| row.course_id, Id |row| row.id; {
        type Choice = ();

        fn meant(_: &(), scope: &ViewerScope) -> Condition {
            Condition::all().add(Column::UserId.eq(scope.user().unwrap_or_default()))
        }
    }
}
