namespace Cloudreve.Core.Site.Settings;

/// <summary>
/// Settings of the contract (sections 18, 24 and 26) that the administration shows and changes. Those of processes that a serverless
/// site does not have, such as schedules and local folders, are kept for clients and have no effect.
/// </summary>
internal static class MaintenanceSetting
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        Setting.Seconds("slave_api_timeout", 60),
        Setting.Number("chunk_retries", 5),
        Setting.Flag("use_temp_chunk_buffer", defaultValue: true),
        Setting.Text("temp_path", "temp"),
        Setting.Text("cron_garbage_collect", "@every 30m"),
        Setting.Text("cron_oauth_cred_refresh", "@every 230h"),
        Setting.Text("cron_entity_collect", "@every 15m"),
        Setting.Text("cron_trash_bin_collect", "@every 33m"),
        Setting.Text("thumb_entity_suffix", "{blob_path}/{blob_name}._thumb"),
        Setting.Text("thumb_slave_sidecar_suffix", "._thumb_sidecar"),
        Setting.Flag("thumb_gc_after_gen", defaultValue: false),
        Setting.Flag("thumb_libraw_enabled", defaultValue: false),
        Setting.Guarded("thumb_libraw_path", SettingReach.Program, "simple_dcraw"),
        Setting.Text("thumb_libraw_exts", "3fr,arw,cr2,cr3,crw,dng,erf,kdc,mrw,nef,nrw,orf,pef,raf,raw,rw2,sr2,srf,srw,x3f"),
        Setting.Number("thumb_libraw_max_size", 78_643_200),
        Setting.Number("captcha_ComplexOfNoiseText", 0),
        Setting.Number("captcha_ComplexOfNoiseDot", 0),
        .. Queue("media_meta", workers: 30, execution: 3600, backoff: 60, retries: 1),
        .. Queue("thumb", workers: 15, execution: 300, backoff: 60, retries: 0),
        .. Queue("recycle", workers: 5, execution: 900, backoff: 60, retries: 0),
    ];

    /// <summary>A queue's settings; times in seconds. Those of workflows are read by the product, and declared there.</summary>
    private static IEnumerable<Setting> Queue(string name, long workers, long execution, long backoff, long retries)
    {
        yield return Setting.Number($"queue_{name}_worker_num", workers, min: 1);
        yield return Setting.Seconds($"queue_{name}_max_execution", execution);
        yield return Setting.Number($"queue_{name}_backoff_factor", 2, min: 1);
        yield return Setting.Seconds($"queue_{name}_backoff_max_duration", backoff);
        yield return Setting.Number($"queue_{name}_max_retry", retries);
        yield return Setting.Number($"queue_{name}_retry_delay", 0);
    }
}
