using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudreve.Core.Accounts.Administration;
using Cloudreve.Core.Drive.Moves;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Imports;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Sharing;
using Cloudreve.Core.Sharing.DirectLinks;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Accounts.Removal;

/// <summary>The account that a workflow removes, and the task that it works for.</summary>
/// <param name="OwnerId">The administrator who sees the task.</param>
public sealed record AccountRemovalReference(long TaskId, long OwnerId, long UserId);

/// <summary>
/// Removes accounts with all their data (contract, section 24). The account is closed at once; then a workflow removes its drive, links,
/// tasks and ways to sign in, waits until work in progress has ended, removes once more, and finally removes the account. Every step may be repeated.
/// </summary>
public sealed class AccountRemoval
{
    /// <summary>The type of the tasks.</summary>
    public const string TaskType = "user_removal";

    /// <summary>
    /// The time that the workflow waits before it removes once more. Sign-ins end within seconds, runs of workflows and writes of content within
    /// minutes, and what those left behind is settled ten minutes later.
    /// </summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMinutes(20);

    private readonly UserStore _users;
    private readonly TaskStore _tasks;
    private readonly TaskRuns _runs;
    private readonly DriveRemoval _drives;
    private readonly ShareStore _shares;
    private readonly DirectLinkStore _links;
    private readonly ImportService _imports;
    private readonly QuotaLedger _quota;
    private readonly AccountTraces _traces;
    private readonly TimeProvider _clock;

    internal AccountRemoval(
        UserStore users, TaskStore tasks, TaskRuns runs, DriveRemoval drives, ShareStore shares, DirectLinkStore links,
        ImportService imports, QuotaLedger quota, AccountTraces traces, TimeProvider clock)
    {
        _users = users;
        _tasks = tasks;
        _runs = runs;
        _drives = drives;
        _shares = shares;
        _links = links;
        _imports = imports;
        _quota = quota;
        _traces = traces;
        _clock = clock;
    }

    /// <summary>Closes an account and creates the task that removes it. Seven transactions. Its orchestration is started by the caller.</summary>
    /// <param name="actorId">The administrator.</param>
    /// <exception cref="CloudreveException">40021 no such account, 40043 the first or the own one: nothing was changed.</exception>
    public async Task<WorkflowTask> AcceptAsync(long actorId, long userId, CancellationToken cancellationToken = default)
    {
        AccountProtection.CheckRemoval(actorId, userId);
        if (await _users.FindAsync(userId, cancellationToken) is null)
            throw new CloudreveException(ErrorCode.UserNotFound, "The user does not exist.");
        // The task comes first: a closed account is no longer listed, so nobody could remove it again.
        var job = JsonSerializer.Serialize(new AccountRemovalJob(userId), AccountRemovalJson.Default.AccountRemovalJob);
        var task = await _runs.AcceptAsync(actorId, TaskType, job, cancellationToken);
        await CloseAsync(userId, cancellationToken);
        return task;
    }

    /// <summary>The removal that a task carries out.</summary>
    public static AccountRemovalReference ReferenceOf(WorkflowTask task) => new(
        task.Id,
        task.OwnerId,
        JsonSerializer.Deserialize(task.Job, AccountRemovalJson.Default.AccountRemovalJob)?.UserId
            ?? throw new InvalidOperationException($"The task {task.Id} names no account."));

    /// <summary>Moves the task from queued to processing, and closes the account if a crash prevented that.</summary>
    /// <returns>False when the account is gone.</returns>
    public async Task<bool> BeginAsync(AccountRemovalReference reference, CancellationToken cancellationToken = default)
    {
        var now = _clock.GetUtcNow();
        await _tasks.UpdateAsync(
            reference.OwnerId,
            reference.TaskId,
            task => task with { Status = WorkflowTaskStatus.Processing, StartedAt = task.StartedAt ?? now },
            cancellationToken);
        return await CloseAsync(reference.UserId, cancellationToken);
    }

    /// <summary>Removes the account's data, some thousand entries of its drive at most.</summary>
    /// <param name="isLast">True if work in progress has ended, so that all rows may be removed.</param>
    /// <param name="cancellationToken">Cancels the run; harmless.</param>
    /// <returns>True if nothing is left.</returns>
    public async Task<bool> RunAsync(AccountRemovalReference reference, bool isLast, CancellationToken cancellationToken = default)
    {
        var userId = reference.UserId;
        // An account that is not closed keeps its data, even if a call was lost and repeated.
        if (await _users.FindAsync(userId, cancellationToken) is not { IsLeaving: true } user)
            return true;
        await EndTasksAsync(userId, isLast, cancellationToken);
        if (!await _drives.RunAsync(userId, cancellationToken))
            return false;
        await _shares.ClearAsync(userId, cancellationToken);
        await _links.ClearAsync(userId, cancellationToken);
        await _traces.ClearAsync(user, cancellationToken);
        if (!isLast)
            return true;
        if (!await _drives.ClearAsync(userId, cancellationToken))
            return false;
        await _quota.ClearAsync(userId, cancellationToken);
        return true;
    }

    /// <summary>Removes the account itself, and ends the task.</summary>
    /// <param name="error">The error that ended the removal; null for none.</param>
    public async Task FinishAsync(AccountRemovalReference reference, string? error, CancellationToken cancellationToken = default)
    {
        if (error is null && await _users.FindAsync(reference.UserId, cancellationToken) is { IsLeaving: true })
            await _users.DeleteAsync(reference.UserId, cancellationToken);
        await _tasks.UpdateAsync(
            reference.OwnerId,
            reference.TaskId,
            task => task with { Status = error is null ? WorkflowTaskStatus.Completed : WorkflowTaskStatus.Error, Error = error },
            cancellationToken);
    }

    private async Task<bool> CloseAsync(long userId, CancellationToken cancellationToken)
    {
        try
        {
            await _users.UpdateAsync(
                userId, user => user.IsLeaving ? user : user with { IsLeaving = true, Status = UserStatus.SysBanned }, cancellationToken);
            return true;
        }
        catch (CloudreveException e) when (e.Code == ErrorCode.UserNotFound)
        {
            return false;
        }
    }

    /// <summary>Keeps tasks from starting work, and removes them once their work in progress has had time to end.</summary>
    private async Task EndTasksAsync(long userId, bool isLast, CancellationToken cancellationToken)
    {
        string? token = null;
        do
        {
            var page = await _tasks.ListAsync(userId, [], [], 100, token, cancellationToken);
            foreach (var task in page.Tasks)
            {
                var reference = new ImportTaskReference(task.Id, userId);
                if (task is { Type: ImportService.TaskType, IsTerminal: false })
                    await (isLast ? _imports.FinishAsync(reference, null, null, cancellationToken) : _imports.CloseAsync(reference, cancellationToken));
                if (isLast)
                    await _tasks.DeleteAsync(userId, task.Id, cancellationToken);
            }
            token = page.NextToken;
        }
        while (token is not null);
        if (isLast)
            await _tasks.ClearIndexAsync(userId, cancellationToken);
    }
}

/// <summary>The stored state of a removal's task.</summary>
internal sealed record AccountRemovalJob(long UserId);

[JsonSerializable(typeof(AccountRemovalJob))]
internal sealed partial class AccountRemovalJson : JsonSerializerContext;
