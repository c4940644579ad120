using System.Globalization;
using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Versions;
using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Copying;
using Cloudreve.Core.Drive.Listing;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Tests.Content.Uploads;
using Cloudreve.Core.Tests.Drive.Operations;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Drive.Model;

/// <summary>Performs steps on a real drive and on the model, and compares the two.</summary>
/// <param name="site">The drive.</param>
/// <param name="prepared">The run that made the drive what it is; null for an empty one.</param>
internal sealed class ModelRun(UploadSite site, ModelRun? prepared = null)
{
    private const int NoVersion = 1_000_000;

    private readonly List<string> _taken = [];
    private ModelDrive _model = prepared?._model ?? ModelDrive.Empty;
    private int _contents = prepared?._contents ?? 0;
    private bool _diedCreating;

    public UploadSite Site => site;

    /// <summary>A drive with something on it, which keeps as many versions as the model.</summary>
    public static async Task<ModelRun> PrepareAsync(AzuriteServer azurite)
    {
        var site = await UploadSite.CreateAsync(azurite);
        site.UserSettings = new UserSettings { VersionRetentionEnabled = true, VersionRetentionMax = ModelDrive.KeptVersions };
        var run = new ModelRun(site);
        foreach (var step in ModelStep.Preparation)
            await run.StepAsync(step);
        await run.AssertSameAsync();
        return run;
    }

    /// <summary>Performs a step. One that finds nothing to work on is left out.</summary>
    public async Task StepAsync(ModelStep step)
    {
        if (await PlanAsync(step) is not { } plan)
            return;
        _taken.Add($"{step}: {plan.Text} -> {plan.Expected.Code}");
        var crash = new CrashPoint(step.Call, step.Fault) { IsArmed = step.Fault != StorageFault.None };
        try
        {
            var code = await RunAsync(plan, site.Restart(crash.Decide));
            Check(code == plan.Expected.Code, $"another answer, {code},");
            _model = plan.Expected.Drive;
        }
        catch (SimulatedCrashException)
        {
            _diedCreating |= step.Action <= ModelAction.Write;
            await site.RecoverAsync();
            var found = await PrintAsync();
            ModelDrive[] allowed = [_model, plan.Expected.Drive, .. plan.Expected.Halfway];
            Check(Array.Find(allowed, drive => drive.Print() == found) is not null, $"neither done nor undone:\n{found}\n");
            _model = Array.Find(allowed, drive => drive.Print() == found)!;
        }
    }

    /// <summary>After everything that was due has been done, both must be the same, to the last byte.</summary>
    public async Task AssertSameAsync()
    {
        await site.RecoverAsync();
        var found = await PrintAsync();
        Check(_model.Print() == found, $"another drive:\n{found}\n");
        Check(_model.Used == await site.Drive.UsedAsync(), "another quota");
        await site.AssertExactAsync(_diedCreating);
        foreach (var path in _model.Paths.Where(p => _model.Find(p) is ModelFile))
            await AssertContentAsync((await site.Drive.Tree.ByPath.FindAsync(DriveSite.Owner, path))!);
    }

    private async Task<Plan?> PlanAsync(ModelStep step)
    {
        if (step.Action is ModelAction.Restore or ModelAction.RestoreTo or ModelAction.DeleteTrashed or ModelAction.EmptyTrash)
            return _model.Trash.IsEmpty ? null : await PlanTrashAsync(step);
        if (step.Action <= ModelAction.Write)
            return PlanNew(step);
        if (_model.Paths.Count == 0)
            return null;
        var path = Pick(_model.Paths, step.Subject);
        return step.Action is ModelAction.SetCurrent or ModelAction.DeleteVersion ? await PlanVersionAsync(step) : PlanEntry(step, path);
    }

    private Plan PlanNew(ModelStep step)
    {
        var path = step.Name.Split('/').Aggregate(Pick(_model.Folders, step.Target), (parent, name) => parent.Child(name));
        var content = step.Subject % 8 == 0 ? 0 : ++_contents;
        return step.Action switch
        {
            ModelAction.CreateFolder => Plan.Of(
                $"create folder {path}", _model.Create(path, ModelFolder.Empty), (o, w) => o.CreateAsync(w, path, NewEntry.Folder, failIfExists: true)),
            ModelAction.CreateFile => Plan.Of(
                $"create file {path}", _model.Create(path, ModelFile.Empty), (o, w) => o.CreateAsync(w, path, new NewEntry(FileType.File), failIfExists: true)),
            ModelAction.Write => new Plan(
                $"write {content} to {path}", _model.Write(path, content, overwrites: true), process => process.WriteAsync(path.ToString(), Bytes(content))),
            _ => new Plan(
                $"upload {content} to {path}", _model.Write(path, content, step.Action == ModelAction.UploadOver),
                process => process.UploadAsync(path.ToString(), Bytes(content), step.Action == ModelAction.UploadOver)),
        };
    }

    private Plan PlanEntry(ModelStep step, FilePath path)
    {
        var folder = Pick(_model.Folders, step.Target);
        var name = step.Name.Replace("/", "", StringComparison.Ordinal);
        var newName = step.Action is ModelAction.MoveRenamed or ModelAction.CopyRenamed ? name : null;
        return step.Action switch
        {
            ModelAction.Rename => Plan.Of($"rename {path} to {name}", _model.Rename(path, name), (o, w) => o.RenameAsync(w, path, name, _ => { })),
            ModelAction.Move or ModelAction.MoveRenamed => Plan.Of(
                $"move {path} to {folder} as {newName}", _model.Move(path, folder, newName), (o, w) => o.MoveAsync(w, path, folder, newName)),
            ModelAction.Copy or ModelAction.CopyRenamed => Plan.Of(
                $"copy {path} to {folder} as {newName}", _model.Copy(path, folder, newName),
                (o, w) => o.CopyAsync(w, path, folder, new CopyLimits(null, 0), newName)),
            ModelAction.Trash => Plan.Of(
                $"trash {path}", _model.MoveToTrash(path), (o, w) => o.TrashAsync(w, path, $"cloudreve://my{path}", TimeSpan.FromDays(30))),
            _ => Plan.Of($"delete {path}", _model.Delete(path), (o, w) => o.DeleteAsync(w, path, keepBlobs: false)),
        };
    }

    private async Task<Plan?> PlanVersionAsync(ModelStep step)
    {
        var files = _model.Paths.Where(p => _model.Find(p) is ModelFile).ToList();
        if (files.Count == 0)
            return null;
        var path = Pick(files, step.Target);
        var file = (ModelFile)_model.Find(path)!;
        var version = Pick([.. file.Older, .. file.Older, file.Current, NoVersion], step.Subject);
        var id = version == NoVersion ? NoVersion : await FindVersionAsync(path, version);
        return step.Action == ModelAction.SetCurrent
            ? new Plan(
                $"make {version} of {path} current", _model.SetCurrent(path, version),
                process => process.Drive.Get<FileVersions>().SetCurrentAsync(DriveSite.Owner, path, id, new Actor(DriveSite.Owner)))
            : new Plan(
                $"delete {version} of {path}", _model.DeleteVersion(path, version),
                process => process.Drive.Get<FileVersions>().DeleteAsync(DriveSite.Owner, path, id, new Actor(DriveSite.Owner)));
    }

    private async Task<Plan> PlanTrashAsync(ModelStep step)
    {
        var names = (await ReadTrashAsync()).Select(t => t.Name).ToList();
        Check(names.Count == _model.Trash.Count, "another trash");
        var index = step.Subject % names.Count;
        var folder = step.Action == ModelAction.RestoreTo ? Pick(_model.Folders, step.Target) : null;
        var text = $"{_model.Trash[index].Origin} of the trash";
        return step.Action switch
        {
            ModelAction.EmptyTrash => Plan.Of("empty the trash", _model.EmptyTrash(), (o, w) => o.EmptyTrashAsync(w, names)),
            ModelAction.DeleteTrashed => Plan.Of(
                $"delete {text}", _model.DeleteTrashed(index), (o, w) => o.DeleteTrashedAsync(w, names[index], keepBlobs: false)),
            _ => Plan.Of($"restore {text} to {folder}", _model.Restore(index, folder), (o, w) => o.RestoreAsync(w, names[index], folder)),
        };
    }

    private static async Task<ErrorCode> RunAsync(Plan plan, UploadSite process)
    {
        try
        {
            await plan.RunAsync(process);
            return ErrorCode.Ok;
        }
        catch (CloudreveException e)
        {
            return e.Code;
        }
    }

    private async Task<long> FindVersionAsync(FilePath path, int version)
    {
        var file = (await site.Drive.Tree.ByPath.FindAsync(DriveSite.Owner, path))!;
        return file.Size == ModelFile.SizeOf(version) ? file.PrimaryEntityId : file.OtherEntities.Single(l => l.Size == ModelFile.SizeOf(version)).Id;
    }

    private async Task AssertContentAsync(FileRecord file)
    {
        foreach (var id in file.EntityIds)
        {
            var content = await site.ReadBlobAsync(id);
            Assert.Equal(Bytes((content.Length - 1) / 20), content);
        }
    }

    private async Task<string> PrintAsync()
    {
        var lines = new List<string>();
        await WalkAsync(DriveRoots.RootId(DriveSite.Owner), "", lines);
        return string.Join('\n', lines.Concat((await ReadTrashAsync()).Select(t => t.Text)));
    }

    /// <summary>The trash in the order of the model's.</summary>
    private async Task<List<(string Name, string Text)>> ReadTrashAsync()
    {
        var trash = new List<(string Name, string Text)>();
        foreach (var entry in await ListAsync(DriveRoots.TrashId(DriveSite.Owner)))
        {
            var lines = new List<string>();
            await AddAsync(entry, $"trash:{DriveOperations.OriginOf(entry)}", lines);
            trash.Add((entry.Name, string.Join('\n', lines)));
        }
        return [.. trash.OrderBy(t => t.Text, StringComparer.Ordinal)];
    }

    private async Task WalkAsync(long folderId, string path, List<string> lines)
    {
        foreach (var entry in (await ListAsync(folderId)).OrderBy(e => e.Name, StringComparer.Ordinal))
            await AddAsync(entry, $"{path}/{entry.Name}", lines);
    }

    private async Task AddAsync(FileRecord entry, string path, List<string> lines)
    {
        lines.Add(entry.Type == FileType.Folder
            ? path + "/"
            : ModelFile.Line(path, entry.Size, entry.OtherEntities.Where(l => l.Type == EntityType.Version).Select(l => l.Size)));
        if (entry.Type == FileType.Folder)
            await WalkAsync(entry.Id, path, lines);
    }

    private async Task<IReadOnlyList<FileRecord>> ListAsync(long folderId) =>
        (await site.Drive.Get<FolderListing>().ListAsync(folderId, FileOrder.Name, descending: false, 1000, null)).Entries;

    private void Check(bool isFine, string problem) =>
        Assert.True(isFine, string.Create(CultureInfo.InvariantCulture, $"{problem} after\n{string.Join('\n', _taken)}\nThe model before:\n{_model.Print()}"));

    private static T Pick<T>(IReadOnlyList<T> choices, int number) => choices[number % choices.Count];

    private static byte[] Bytes(int content)
    {
        var bytes = new byte[ModelFile.SizeOf(content)];
        Array.Fill(bytes, (byte)content);
        return bytes;
    }

    /// <summary>A step that is known in every detail.</summary>
    private sealed record Plan(string Text, ModelOutcome Expected, Func<UploadSite, Task> RunAsync)
    {
        public static Plan Of(string text, ModelOutcome expected, Func<DriveOperations, DriveWork, Task> run) => new(text, expected, async process =>
        {
            var work = DriveSite.NewWork();
            await run(process.Drive.Operations, work);
            await process.Drive.Operations.PublishAsync(work);
        });
    }
}
