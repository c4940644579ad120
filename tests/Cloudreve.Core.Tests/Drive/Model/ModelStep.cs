using Cloudreve.AzureStorage.Pipeline;
using CsCheck;

namespace Cloudreve.Core.Tests.Drive.Model;

/// <summary>The actions of a step.</summary>
internal enum ModelAction
{
    CreateFolder,
    CreateFile,
    Upload,
    UploadOver,
    Write,
    SetCurrent,
    DeleteVersion,
    Rename,
    Move,
    MoveRenamed,
    Copy,
    CopyRenamed,
    Trash,
    Delete,
    Restore,
    RestoreTo,
    DeleteTrashed,
    EmptyTrash,
}

/// <summary>
/// One step of a sequence. What it works on is chosen by numbers among what is there when it comes to it, so a sequence makes sense
/// without any of its steps.
/// </summary>
/// <param name="Subject">Chooses the entry, the trashed entry or the version.</param>
/// <param name="Target">Chooses the folder that something comes into.</param>
/// <param name="Name">A new name.</param>
/// <param name="Call">At which of its storage calls.</param>
internal sealed record ModelStep(ModelAction Action, int Subject, int Target, string Name, StorageFault Fault, int Call)
{
    private static readonly Gen<ModelAction> AnyAction = Gen.Frequency(
        (4, Between(ModelAction.CreateFolder, ModelAction.Write)),
        (2, Between(ModelAction.SetCurrent, ModelAction.DeleteVersion)),
        (6, Between(ModelAction.Rename, ModelAction.Delete)),
        (4, Between(ModelAction.Restore, ModelAction.EmptyTrash)));

    private static readonly Gen<(int, int, string)> AnyChoice = Gen.Select(Gen.Int[0, 99], Gen.Int[0, 99], OneOf("a", "b", "c", "a/d", "e"));

    /// <summary>Steps without faults.</summary>
    public static Gen<ModelStep> Faultless { get; } =
        AnyAction.Select(AnyChoice, (action, choice) => new ModelStep(action, choice.Item1, choice.Item2, choice.Item3, StorageFault.None, 0));

    /// <summary>Steps of which two thirds have a fault.</summary>
    public static Gen<ModelStep> Faulty { get; } = Faultless.Select(
        OneOf(
            StorageFault.None, StorageFault.None, StorageFault.CrashBefore, StorageFault.CrashAfter, StorageFault.AnswerLost, StorageFault.Unavailable),
        Gen.Frequency((3, Gen.Int[0, 9]), (1, Gen.Int[10, 25])),
        (step, fault, call) => step with { Fault = fault, Call = call });

    private static Gen<ModelAction> Between(ModelAction first, ModelAction last) =>
        OneOf([.. Enum.GetValues<ModelAction>().Where(a => a >= first && a <= last)]);

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    /// <summary>Creates a drive with folders, files of several versions, and a trash.</summary>
    public static IReadOnlyList<ModelStep> Preparation { get; } =
    [
        Of(ModelAction.Write, "a/b/f"), Of(ModelAction.Write, "a/b/f"), Of(ModelAction.UploadOver, "a/b/f"), Of(ModelAction.Write, "a/g"),
        Of(ModelAction.CreateFolder, "c"), Of(ModelAction.Upload, "d/x"), Of(ModelAction.Write, "d/x"), Of(ModelAction.CopyRenamed, "h", subject: 2),
        Of(ModelAction.Trash, "", subject: 4), Of(ModelAction.Write, "e"), Of(ModelAction.Trash, "", subject: 2), Of(ModelAction.Write, "c/a"),
    ];

    private static ModelStep Of(ModelAction action, string name, int subject = 1) => new(action, subject, 0, name, StorageFault.None, 0);

    public override string ToString() => $"{Action} {Subject} {Target} {Name}{(Fault == StorageFault.None ? "" : $" {Fault} at {Call}")}";
}
