using System.Text;
using Lucene.Net.Documents;
using Lucene.Net.Index;
using Lucene.Net.Store;
using Lucene.Net.Util;

namespace Cloudreve.Core.Content.FullText.Index;

/// <summary>The text of a blob.</summary>
/// <param name="EntityId">The blob.</param>
internal sealed record IndexedText(long EntityId, string Text);

/// <summary>
/// A part of a user's index: the words of some texts, without the texts. It is one blob that never changes, and small enough to be read whole
/// and kept in memory.
/// </summary>
internal sealed class IndexPack
{
    /// <summary>The field with the words.</summary>
    public const string Words = "w";

    private const string Entity = "e";

    private IndexPack(DirectoryReader reader, long size) => (Reader, Size) = (reader, size);

    /// <summary>Searches it.</summary>
    public DirectoryReader Reader { get; }

    /// <summary>Bytes.</summary>
    public long Size { get; }

    /// <summary>Makes a pack.</summary>
    public static byte[] Build(IEnumerable<IndexedText> texts) => Write(writer =>
    {
        foreach (var text in texts)
            writer.AddDocument([new TextField(Words, text.Text, Field.Store.NO), new NumericDocValuesField(Entity, text.EntityId)]);
    });

    /// <summary>Makes one pack of several.</summary>
    /// <param name="packs">The packs, the newest last.</param>
    /// <param name="alive">The blobs that still exist. Each is taken once.</param>
    /// <param name="count">Number of texts in the new pack.</param>
    public static byte[] Merge(IReadOnlyList<IndexPack> packs, IReadOnlySet<long> alive, out int count)
    {
        var left = alive.ToHashSet();
        var readers = new List<AtomicReader>();
        foreach (var leaf in packs.Reverse().SelectMany(pack => pack.Reader.Leaves))
            readers.Add(new LiveReader(leaf.AtomicReader, left));
        count = readers.Sum(reader => reader.NumDocs);
        return Write(writer => writer.AddIndexes([.. readers]));
    }

    /// <summary>Opens a pack.</summary>
    /// <param name="bytes">The pack.</param>
    public static IndexPack Open(byte[] bytes)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
        var sizes = new (string Name, int Length)[reader.ReadInt32()];
        for (var i = 0; i < sizes.Length; i++)
            sizes[i] = (reader.ReadString(), reader.ReadInt32());
        var files = new Dictionary<string, (int Offset, int Length)>();
        var offset = (int)reader.BaseStream.Position;
        foreach (var (name, length) in sizes)
        {
            files.Add(name, (offset, length));
            offset += length;
        }
        return new IndexPack(DirectoryReader.Open(new PackDirectory(bytes, files)), bytes.Length);
    }

    /// <summary>The blobs whose texts it holds.</summary>
    public IEnumerable<long> Entities => Reader.Leaves.SelectMany(leaf => EntitiesOf(leaf.AtomicReader));

    /// <summary>The blob of a text.</summary>
    /// <param name="leaf">The part of the index that a search found it in.</param>
    /// <param name="document">Its number there.</param>
    public static long EntityOf(AtomicReader leaf, int document) => leaf.GetNumericDocValues(Entity).Get(document);

    private static IEnumerable<long> EntitiesOf(AtomicReader leaf)
    {
        var values = leaf.GetNumericDocValues(Entity);
        for (var document = 0; document < leaf.MaxDoc; document++)
            yield return values.Get(document);
    }

    private static byte[] Write(Action<IndexWriter> write)
    {
        using var directory = new RAMDirectory();
        var config = new IndexWriterConfig(TextAnalyzer.Version, TextAnalyzer.OfTexts)
        {
            MergePolicy = NoMergePolicy.COMPOUND_FILES,
            MergeScheduler = new SerialMergeScheduler(),
        };
        using (var writer = new IndexWriter(directory, config))
        {
            write(writer);
            writer.Commit();
        }
        var names = directory.ListAll().Where(name => name != IndexFileNames.SEGMENTS_GEN && name != IndexWriter.WRITE_LOCK_NAME).ToList();
        using var head = new MemoryStream();
        using var output = new BinaryWriter(head, Encoding.UTF8);
        output.Write(names.Count);
        foreach (var name in names)
        {
            output.Write(name);
            output.Write(checked((int)directory.FileLength(name)));
        }
        output.Flush();
        // The files are copied once: a pack may have as many bytes as an index.
        var pack = new byte[checked((int)(head.Length + names.Sum(directory.FileLength)))];
        var end = (int)head.Length;
        head.GetBuffer().AsSpan(0, end).CopyTo(pack);
        foreach (var name in names)
        {
            using var input = directory.OpenInput(name, IOContext.READ_ONCE);
            input.ReadBytes(pack, end, (int)input.Length);
            end += (int)input.Length;
        }
        return pack;
    }

    /// <summary>A part of an index without the texts that no blob has any more, or that were met before.</summary>
    private sealed class LiveReader : FilterAtomicReader
    {
        private readonly FixedBitSet _live;

        public LiveReader(AtomicReader reader, HashSet<long> left)
            : base(reader)
        {
            _live = new FixedBitSet(reader.MaxDoc);
            var document = 0;
            foreach (var entity in EntitiesOf(reader))
            {
                if (left.Remove(entity))
                    _live.Set(document);
                document++;
            }
        }

        public override IBits LiveDocs => _live;

        public override int NumDocs => _live.Cardinality;
    }
}
