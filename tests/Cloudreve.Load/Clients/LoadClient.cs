using Cloudreve.Load.Drives;

namespace Cloudreve.Load.Clients;

/// <summary>A client that does one thing after the other in a folder of its own, and now and then competes with the user's other clients.</summary>
internal sealed class LoadClient
{
    private const int MostEntries = 70;

    private readonly LoadUser _user;
    private readonly Random _random;
    private readonly LoadTempo _tempo;
    private readonly DriveModel _model;
    private readonly ReadingActions _reading;
    private readonly ChangingActions _changing;
    private readonly UploadingActions _uploading;
    private readonly (int Weight, Func<Task> Act)[] _actions;
    private readonly int _weights;

    public LoadClient(LoadUser user, int index, int seed, LoadTempo tempo)
    {
        (_user, _tempo) = (user, tempo);
        _random = new Random(seed + (index * 7919));
        _model = new DriveModel(index);
        var strictness = tempo.Strictness;
        _reading = new ReadingActions(user, _model, _random);
        _changing = new ChangingActions(user, _model, _random, strictness);
        _uploading = new UploadingActions(user, _model, _random, strictness);
        _actions =
        [
            (16, _reading.ListAsync), (8, _reading.InfoAsync), (2, _reading.SearchAsync), (6, _reading.DownloadAsync), (4, _reading.CapacityAsync),
            (2, _reading.TasksAsync), (2, _reading.SettingsAsync), (2, _reading.ChangeSettingsAsync), (1, _reading.ListTrashAsync),
            (5, _changing.CreateFolderAsync), (3, _changing.CreateFileAsync), (9, _uploading.PutAsync), (6, _uploading.OverwriteAsync),
            (6, _changing.RenameAsync), (6, _changing.MoveAsync), (3, _changing.CopyAsync), (5, _changing.TrashAsync), (4, _changing.RestoreAsync),
            (2, _changing.DeleteAsync), (4, _uploading.UploadAsync), (1, _uploading.AbandonAsync), (2, _changing.ShareAsync), (1, _reading.SharesAsync),
            (8, () => _user.Contest.ActAsync(_random)), (tempo.HasBatches ? 1 : 0, TrashSixteenAsync),
        ];
        _weights = _actions.Sum(a => a.Weight);
    }

    public DriveModel Model => _model;

    /// <summary>Makes the client's folder before the load begins.</summary>
    public async Task PrepareAsync()
    {
        await LoadUser.RequireAsync(() => _user.Api.PostAsync("prepare", "file/create", new { uri = DriveReader.UriOf(_model.Root.Path), type = "folder" }));
        _model.Root.Settle(_model.Root.Place);
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            if (_model.Nodes.FirstOrDefault(n => n.IsUnread && !n.IsLeftOpen && n.ReadableAt <= Environment.TickCount64) is { } unread)
                await _reading.ResolveAsync(unread);
            else
                await ActAsync();
            await _tempo.PauseAsync(_random);
        }
    }

    /// <summary>Reads everything that is still in doubt, once the site is undisturbed.</summary>
    public async Task ResolveAsync()
    {
        foreach (var node in _model.Nodes.Where(n => !n.IsCertain).ToList())
            await _reading.ResolveAsync(node);
    }

    private Task ActAsync()
    {
        if (_model.Nodes.Count > MostEntries && _random.Next(3) == 0)
            return _changing.DeleteAsync();
        var draw = _random.Next(_weights);
        foreach (var (weight, act) in _actions)
        {
            draw -= weight;
            if (draw < 0)
                return act();
        }
        throw new InvalidOperationException("The weights do not add up.");
    }

    /// <summary>Sixteen folders go to the trash at once; some are restored at once, others are deleted.</summary>
    private async Task TrashSixteenAsync()
    {
        // It is more than sixty requests.
        if (_random.Next(4) != 0)
            return;
        var made = new List<DriveNode>();
        for (var i = 0; i < 16; i++)
        {
            if (await _changing.MakeFolderAsync(_model.Root) is { IsUsable: true } folder)
                made.Add(folder);
        }
        await Task.WhenAll(made.Select(_changing.TrashAsync));
        await Task.WhenAll(made.Where(f => f.Place.State == PlaceState.Trashed && !f.IsUnread).Take(4).Select(_changing.RestoreAsync));
        await Task.WhenAll(made.Select(_changing.DeleteAsync));
    }
}
