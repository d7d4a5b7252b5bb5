namespace Orchestrator.Grains.Playbooks.Reading;

/// <summary>The way from the document to a value; written out only when something is wrong there.</summary>
internal sealed class DocumentPath
{
    public static readonly DocumentPath Root = new(null, "", -1);

    readonly DocumentPath? parent;
    readonly string key;
    readonly int index;

    DocumentPath(DocumentPath? parent, string key, int index) => (this.parent, this.key, this.index) = (parent, key, index);

    public DocumentPath Key(string name) => new(this, name, -1);

    public DocumentPath Item(int number) => new(this, "", number);

    public override string ToString()
    {
        if (parent is null)
        {
            return "";
        }

        var before = parent.ToString();
        return index >= 0 ? $"{before}[{index}]" : before.Length == 0 ? key : $"{before}.{key}";
    }
}
